/**
 * Runs the process managers of the contexts: consumes the topics in batches, folds each event into
 * the state of its process, and sends the commands with which the process reacts.
 *
 * <p><b>Exactly once.</b> A batch is handled in this order: load state and progress; for each event
 * fold, react and wait until every command is answered; write state and progress in one
 * transaction; commit the offsets. Dying anywhere in between repeats the batch from the stored
 * state. What it had sent it sends again, under idempotency keys that derive from the event and the
 * step, so nothing takes effect twice; what it had stored it skips by stream version. Two replicas
 * that hold one partition for a moment (a rebalance) cannot both write: each row is written on the
 * condition of the revision that was read, and the loser starts again from the stored state.
 *
 * <p><b>Where.</b> A process manager runs where the context that it belongs to is served, and has a
 * consumer group of its own: it begins with the first event of its topics, whenever it is added,
 * and waits for no other. A command of a context that another deployment serves goes there by HTTP,
 * under the same idempotency key.
 *
 * <p><b>Order.</b> The events of one Kafka key are handled one after another, those of different
 * keys at the same time.
 *
 * <p><b>Threads.</b> Blocking code on virtual threads: a retry that waits, in the middle of a
 * sequence that must stay in order, reads as a loop. The rate is bound by the round trips of the
 * commands, not by the threads.
 */
@NullMarked
package io.headrace.command.platform.process;

import org.jspecify.annotations.NullMarked;

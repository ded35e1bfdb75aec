package io.headrace.command.platform.log;

/**
 * The log may lack events that it had, and have others in their place: a failover that lost
 * commits, or a backup that was restored. What is remembered of streams counts no more.
 */
public record LogReplaced() {}

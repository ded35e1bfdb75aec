-- Before the first write, so that no event is older than the slot. Outside of a transaction, as a
-- slot cannot be made in one that has written; hence guarded, should the service die between the
-- slot and its entry in the migration history.
SELECT pg_create_logical_replication_slot('${slot}', 'pgoutput')
WHERE NOT EXISTS (
  SELECT FROM pg_replication_slots WHERE slot_name = '${slot}' AND database = current_database());

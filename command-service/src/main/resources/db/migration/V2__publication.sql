-- A slot's name is one for the whole server. Found out here, where nothing is left behind: the
-- migration that makes the slot cannot be taken back.
DO $$
DECLARE
  owner name := (SELECT database FROM pg_replication_slots WHERE slot_name = '${slot}');
BEGIN
  IF owner <> current_database() THEN
    RAISE EXCEPTION 'the replication slot ${slot} belongs to the database %', owner
      USING HINT = 'Each event log on a server needs a slot of its own: set HEADRACE_RELAY_SLOT.';
  END IF;
END $$;

-- Before the slot: a slot decodes with the catalogue of its own time, and would fail on a
-- publication that is made later than the change it decodes.
CREATE PUBLICATION "${publication}"
  FOR TABLE event_log (stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata, payload)
  WITH (publish = 'insert');

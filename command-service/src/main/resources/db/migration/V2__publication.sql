-- Before the slot: a slot decodes with the catalogue of its own time, and would fail on a
-- publication that is made later than the change it decodes.
CREATE PUBLICATION headrace
  FOR TABLE event_log (stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata, payload)
  WITH (publish = 'insert');

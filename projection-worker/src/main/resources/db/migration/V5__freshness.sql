-- What a generation of a view has seen of each partition: all that was committed to the event log
-- before complete_until has been taken (folded into rows, or parked). Null: not known. The view is
-- complete up to the least of them. A table of its own, so that who notes it and who folds events
-- never wait for each other. A row without a topic stands for topics that do not exist yet.
CREATE TABLE view_freshness (
  view           text        NOT NULL,
  generation     integer     NOT NULL,
  topic          text        NOT NULL,
  partition      integer     NOT NULL,
  complete_until timestamptz,             -- by the clock of the database that holds the log
  PRIMARY KEY (view, generation, topic, partition)
) WITH (fillfactor = 50);

-- The topics that a generation takes, whether they exist yet or not. A reader that is to wait for an
-- event of another topic has nothing to wait for.
CREATE TABLE view_topic (
  view       text    NOT NULL,
  generation integer NOT NULL,
  topic      text    NOT NULL,
  PRIMARY KEY (view, generation, topic)
);

-- Whether an event of a stream waits somewhere: asked for by readers that wait for it.
CREATE INDEX parked_event_stream ON parked_event (view, generation, stream_id, stream_version)
  WHERE stream_id IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON view_freshness, view_topic TO headrace_projection;
GRANT SELECT ON view_freshness, view_topic TO headrace_query;
-- Where events are parked, not what is in them.
GRANT SELECT (view, generation, kind, lane, stream_id, stream_version) ON parked_event TO headrace_query;

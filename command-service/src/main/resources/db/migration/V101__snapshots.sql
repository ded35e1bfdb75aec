-- States of streams, so that a long one is not folded from its first event when it is cold. All of
-- it can be deleted at any time: it saves reads, and is made again.
CREATE TABLE snapshot (
  stream_id text        PRIMARY KEY,
  version   bigint      NOT NULL CHECK (version > 0),
  shape     text        NOT NULL,          -- of the type that the state was written from
  state     text        NOT NULL,          -- JSON
  taken_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON snapshot TO headrace_command;

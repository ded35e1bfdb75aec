-- The state of each process (one process manager, one key). Commands go out before the state is
-- written, under idempotency keys: a crash in between sends them again, without a second effect.
CREATE TABLE process_state (
  process  text    NOT NULL,
  key      text    NOT NULL,
  state    text,                           -- JSON; null if the process was stopped at its first event
  revision bigint  NOT NULL CHECK (revision > 0),
  -- Nothing more is folded into a stopped process: its events wait in process_parked.
  stopped  boolean NOT NULL DEFAULT false,
  PRIMARY KEY (process, key)
) WITH (fillfactor = 70);
CREATE INDEX process_state_stopped ON process_state (process) WHERE stopped;

-- What each process manager has seen of each stream: an older version is a duplicate, one that is
-- not the next is a gap.
CREATE TABLE process_stream (
  process   text   NOT NULL,
  stream_id text   NOT NULL,
  version   bigint NOT NULL CHECK (version > 0),
  PRIMARY KEY (process, stream_id)
) WITH (fillfactor = 70);

-- Events that could not be handled, and those that wait behind them, whole, in the order in which
-- they came.
CREATE TABLE process_parked (
  process        text        NOT NULL,
  key            text        NOT NULL,
  position       bigint      GENERATED ALWAYS AS IDENTITY,
  event          text        NOT NULL,     -- <stream id>@<version>, or <topic>-<partition>@<offset> if unreadable
  topic          text        NOT NULL,
  partition      integer     NOT NULL,
  record_offset  bigint      NOT NULL,
  headers        text        NOT NULL,     -- JSON object of strings
  payload        bytea,
  cause          text        NOT NULL,
  parked_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (process, key, position),
  UNIQUE (process, event)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON process_state, process_stream, process_parked TO headrace_command;

-- What has changed in the relations that readers see, for those who watch them: one row per relation
-- and transaction, written in that transaction. The transaction's id, compared with a snapshot, tells
-- whether a reader has seen the change (ADR 0011).
CREATE TABLE view_change (
  relation   text        NOT NULL,          -- as readers call it: orders, sellers
  generation integer     NOT NULL,          -- of its view
  xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
  keys       text[]      NOT NULL,          -- values of the relation's first key column, each once
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX view_change_xid ON view_change (relation, xid);
-- To compress keys takes longer than to write them.
ALTER TABLE view_change ALTER COLUMN keys SET STORAGE EXTERNAL;

-- The latest transaction whose changes were deleted: who has not seen it has missed something.
CREATE TABLE view_change_pruned (
  relation text PRIMARY KEY,
  through  xid8 NOT NULL
);

GRANT SELECT, INSERT, DELETE ON view_change TO headrace_projection;
GRANT SELECT, INSERT, UPDATE ON view_change_pruned TO headrace_projection;
GRANT SELECT ON view_change, view_change_pruned TO headrace_query;

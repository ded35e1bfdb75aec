-- The read relation of the test-only context.
CREATE TABLE IF NOT EXISTS almanac (
  island text COLLATE "C" PRIMARY KEY,
  ocean  text NOT NULL,
  seen   date NOT NULL);
ALTER TABLE almanac ADD COLUMN IF NOT EXISTS height integer, ADD COLUMN IF NOT EXISTS area numeric,
  ADD COLUMN IF NOT EXISTS inhabited boolean NOT NULL DEFAULT true;
GRANT SELECT, INSERT, UPDATE, DELETE ON almanac TO headrace_projection;
GRANT SELECT ON almanac TO headrace_query;

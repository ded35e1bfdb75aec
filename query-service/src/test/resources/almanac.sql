-- The read relation of the test-only context.
CREATE TABLE IF NOT EXISTS almanac (
  island text COLLATE "C" PRIMARY KEY,
  ocean  text NOT NULL,
  seen   date NOT NULL);
GRANT SELECT, INSERT, UPDATE, DELETE ON almanac TO headrace_projection;
GRANT SELECT ON almanac TO headrace_query;

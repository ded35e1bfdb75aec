CREATE TABLE accounts_g1 (
  account_id text    COLLATE "C" PRIMARY KEY,
  balance    bigint  NOT NULL CHECK (balance > -1000),
  moves      integer NOT NULL
);
CREATE TABLE accounts_total_g1 (kind text PRIMARY KEY, accounts bigint NOT NULL, balance bigint NOT NULL);
CREATE VIEW accounts AS SELECT * FROM accounts_g1;
CREATE VIEW accounts_total AS SELECT * FROM accounts_total_g1;
INSERT INTO view_generation (view, generation, view_version, state, live_since)
  VALUES ('accounts', 1, 1, 'live', now());
GRANT SELECT, INSERT, UPDATE, DELETE ON accounts_g1, accounts_total_g1 TO headrace_projection;
GRANT SELECT ON accounts, accounts_total TO headrace_query;

-- Fails the statement that calls it, and with it the transaction, unless a statement has changed as many
-- rows as its caller expects. So the caller may send COMMIT in the same message as its changes, and need
-- not wait for the count before.
CREATE FUNCTION expect_changed(changed bigint, expected bigint, state text, otherwise text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF changed <> expected THEN
    RAISE EXCEPTION USING ERRCODE = state, MESSAGE = otherwise;
  END IF;
END $$;

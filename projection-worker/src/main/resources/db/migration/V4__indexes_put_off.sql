-- Indexes that readers need only slow the log down while a new generation is filled from it: they are
-- made when it has been read.

CREATE TABLE generation_index (
  table_name text NOT NULL,
  definition text NOT NULL,
  PRIMARY KEY (table_name, definition)
);

-- As before, but that the indexes that are no keys are put off.
CREATE OR REPLACE FUNCTION create_generation(names text[], new_generation integer, like_generation integer, view_version integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  template text;
  options text[];
  option text;
  later text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    SELECT t.relname INTO template FROM pg_class t
      WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname ~ ('^' || name || '_v[0-9]+$')
        AND substring(t.relname FROM '[0-9]+$')::integer <= view_version
      ORDER BY substring(t.relname FROM '[0-9]+$')::integer DESC LIMIT 1;
    template := coalesce(template, name || '_g' || like_generation);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name || '_g' || new_generation, template);
    INSERT INTO generation_index (table_name, definition)
      SELECT name || '_g' || new_generation, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid = to_regclass(name || '_g' || new_generation) AND NOT i.indisunique;
    FOR later IN SELECT i.indexrelid::regclass::text FROM pg_index i
        WHERE i.indrelid = to_regclass(name || '_g' || new_generation) AND NOT i.indisunique LOOP
      EXECUTE 'DROP INDEX ' || later;
    END LOOP;
    -- LIKE leaves out the storage parameters.
    SELECT reloptions INTO options FROM pg_class WHERE oid = template::regclass;
    FOREACH option IN ARRAY coalesce(options, '{}') LOOP
      EXECUTE format('ALTER TABLE %I SET (%s)', name || '_g' || new_generation, option);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %I TO headrace_projection', name || '_g' || new_generation);
  END LOOP;
END $$;

-- The indexes that create_generation has put off.
CREATE FUNCTION index_generation(names text[], new_generation integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  later text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    FOR later IN DELETE FROM generation_index WHERE table_name = name || '_g' || new_generation RETURNING definition LOOP
      EXECUTE later;
    END LOOP;
    EXECUTE format('ANALYZE %I', name || '_g' || new_generation);
  END LOOP;
END $$;

-- As before, and what was put off is forgotten.
CREATE OR REPLACE FUNCTION drop_generation(names text[], old_generation integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', name || '_g' || old_generation);
    DELETE FROM generation_index WHERE table_name = name || '_g' || old_generation;
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION index_generation(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION index_generation(text[], integer) TO headrace_projection;

-- Readers look for rows by what is indexed, and need no statistics of the rest before autovacuum makes them a minute
-- later, which an ANALYZE of some columns does not keep it from. All columns, those of JSON above all, cost a
-- tenth of a rebuild.
CREATE OR REPLACE FUNCTION index_generation(names text[], new_generation integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  later text;
  indexed text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    FOR later IN DELETE FROM generation_index WHERE table_name = name || '_g' || new_generation RETURNING definition LOOP
      EXECUTE later;
    END LOOP;
    SELECT string_agg(DISTINCT quote_ident(a.attname), ', ') INTO indexed FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = to_regclass(name || '_g' || new_generation);
    EXECUTE format('ANALYZE %I (%s)', name || '_g' || new_generation, indexed);
  END LOOP;
END $$;

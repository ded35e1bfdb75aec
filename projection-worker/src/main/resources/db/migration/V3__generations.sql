-- A rebuild fills a new generation beside the live one, is compared with it, and takes its place.

ALTER TABLE view_generation DROP CONSTRAINT view_generation_state_check;
ALTER TABLE view_generation ADD CHECK (state IN ('building', 'live', 'retired', 'dropped'));
ALTER TABLE view_generation
  -- Of a building one: it takes no event from Kafka that the live one has not taken, so that the two
  -- can be brought to one position. Until the log has been read, it takes none at all.
  ADD COLUMN bound      boolean NOT NULL DEFAULT false,
  ADD COLUMN follows    boolean NOT NULL DEFAULT true,
  ADD COLUMN kept_until timestamptz;          -- of a retired one: until then it is kept up to date

CREATE TABLE view_rebuild (
  view              text        NOT NULL,
  generation        integer     NOT NULL,
  replaces          integer     NOT NULL,     -- the generation that is live meanwhile
  cause             text        NOT NULL CHECK (cause IN ('requested', 'new version')),
  phase             text        NOT NULL DEFAULT 'log'
    CHECK (phase IN ('log', 'topic', 'comparing', 'different', 'swapped', 'abandoned')),
  paused            boolean     NOT NULL DEFAULT false,
  events_per_second integer     CHECK (events_per_second > 0), -- null: as fast as it goes
  accepted          boolean     NOT NULL DEFAULT false,        -- whatever the comparison finds
  accepted_by       text,
  note              text,
  place             text,                                      -- behind the last event taken from the log
  events_done       bigint      NOT NULL DEFAULT 0,            -- up to there
  events_total      bigint,
  events_rate       double precision,              -- events a second, lately
  comparison        jsonb,
  failure           text,
  started_at        timestamptz NOT NULL DEFAULT now(),
  phase_since       timestamptz NOT NULL DEFAULT now(),
  finished_at       timestamptz,
  PRIMARY KEY (view, generation),
  FOREIGN KEY (view, generation) REFERENCES view_generation
);
-- One at a time.
CREATE UNIQUE INDEX view_rebuild_running ON view_rebuild (view) WHERE finished_at IS NULL;

-- When a lane is tried again by itself (gaps), and how often it was.
ALTER TABLE parked_lane
  ADD COLUMN attempts        integer     NOT NULL DEFAULT 0,
  ADD COLUMN next_attempt_at timestamptz NOT NULL DEFAULT now();

-- What an operator has given up, and why: never deleted by the platform.
CREATE TABLE parked_discard (
  id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  view           text        NOT NULL,
  generation     integer     NOT NULL,
  kind           text        NOT NULL,
  lane           text        COLLATE "C" NOT NULL,
  topic          text,
  partition      integer,
  kafka_offset   bigint,
  stream_id      text,
  first_version  bigint,                      -- a gap that is given up spans several
  last_version   bigint,
  event_type     text,
  record_key     bytea,
  headers        jsonb,
  payload        bytea,
  cause          text,
  note           text        NOT NULL,
  discarded_by   text        NOT NULL,
  discarded_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX parked_discard_view ON parked_discard (view, id);

GRANT INSERT, UPDATE ON view_generation TO headrace_projection;
GRANT SELECT, INSERT, UPDATE, DELETE ON view_rebuild TO headrace_projection;
GRANT SELECT, INSERT ON parked_discard TO headrace_projection;
GRANT SELECT ON view_rebuild TO headrace_query;

-- The worker may change rows, not the schema. What a rebuild needs of the schema are these
-- functions, which run with the rights of the owner and touch nothing but <name>_g<n> of names that
-- are views already.

CREATE FUNCTION require_view_names(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    IF name !~ '^[a-z][a-z0-9_]*$'
        OR NOT EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('public.' || quote_ident(name)) AND relkind = 'v') THEN
      RAISE EXCEPTION '% is no view', name USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
END $$;

-- Tables of a new generation: like <name>_v<version> if a migration has made such a template (of this
-- version or the nearest before it), else like those of another generation.

CREATE FUNCTION create_generation(names text[], new_generation integer, like_generation integer, view_version integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  template text;
  options text[];
  option text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    SELECT t.relname INTO template FROM pg_class t
      WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r' AND t.relname ~ ('^' || name || '_v[0-9]+$')
        AND substring(t.relname FROM '[0-9]+$')::integer <= view_version
      ORDER BY substring(t.relname FROM '[0-9]+$')::integer DESC LIMIT 1;
    template := coalesce(template, name || '_g' || like_generation);
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name || '_g' || new_generation, template);
    -- LIKE leaves out the storage parameters.
    SELECT reloptions INTO options FROM pg_class WHERE oid = template::regclass;
    FOREACH option IN ARRAY coalesce(options, '{}') LOOP
      EXECUTE format('ALTER TABLE %I SET (%s)', name || '_g' || new_generation, option);
    END LOOP;
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %I TO headrace_projection', name || '_g' || new_generation);
  END LOOP;
END $$;

-- Readers see the views of all names change at once, at the commit of the caller.
CREATE FUNCTION activate_generation(names text[], new_generation integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text;
BEGIN
  PERFORM require_view_names(names);
  FOR name IN SELECT n FROM unnest(names) AS n ORDER BY n LOOP
    BEGIN
      EXECUTE format('CREATE OR REPLACE VIEW %I AS SELECT * FROM %I', name, name || '_g' || new_generation);
    EXCEPTION WHEN invalid_table_definition THEN
      -- The row has another shape, and not just more columns at its end.
      EXECUTE format('DROP VIEW %I', name);
      EXECUTE format('CREATE VIEW %I AS SELECT * FROM %I', name, name || '_g' || new_generation);
      EXECUTE format('GRANT SELECT ON %I TO headrace_query', name);
    END;
  END LOOP;
END $$;

-- A generation that readers use cannot be dropped: the SQL view depends on its tables.
CREATE FUNCTION drop_generation(names text[], old_generation integer)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE name text;
BEGIN
  PERFORM require_view_names(names);
  FOREACH name IN ARRAY names LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', name || '_g' || old_generation);
  END LOOP;
END $$;

REVOKE ALL ON FUNCTION require_view_names(text[]), create_generation(text[], integer, integer, integer),
  activate_generation(text[], integer), drop_generation(text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_generation(text[], integer, integer, integer),
  activate_generation(text[], integer), drop_generation(text[], integer) TO headrace_projection;

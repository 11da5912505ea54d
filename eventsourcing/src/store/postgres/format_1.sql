-- {schema} is the quoted name of the schema, {store} the store's identity, {fence} its number among the advisory locks of its
-- database.
-- Texts compare by their bytes, whatever the database's collation: names that differ are different streams.

-- Positions. Never cached: readers rely on its last value being the last position drawn. Never beyond 48 bits: an append's
-- advisory lock has the position in its key. Appends that fail leave gaps.
CREATE SEQUENCE {schema}.events_position AS bigint MINVALUE 0 START WITH 0 MAXVALUE 281474976710655 CACHE 1 NO CYCLE;
SELECT setval('{schema}.events_position', 0);

CREATE TABLE {schema}.events (
    position       bigint      NOT NULL,
    version        bigint      NOT NULL,                              -- 1, 2, 3, … within the stream
    event_version  bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL,
    id             uuid        NOT NULL,
    commit_id      uuid        NOT NULL,
    stream         text        NOT NULL COLLATE "C",                  -- category/id
    name           text        NOT NULL COLLATE "C",
    codec          text        NOT NULL COLLATE "C",
    payload        json,                                              -- what the codec `json` wrote, byte for byte
    payload_binary bytea,                                             -- what any other codec wrote
    metadata       text        NOT NULL,                              -- a JSON object of strings, or empty
    -- No CHECK: PostgreSQL reads its text anew for every statement that inserts. Readers look at what they get.
    PRIMARY KEY (position),
    CONSTRAINT events_stream_version UNIQUE (stream, version)
);

-- The streams, in the order of their beginnings.
CREATE INDEX events_first ON {schema}.events (position) WHERE version = 1;

CREATE TABLE {schema}.snapshots (
    stream         text   NOT NULL COLLATE "C",
    schema_version bigint NOT NULL,
    fingerprint    bytea  NOT NULL,
    codec          text   NOT NULL COLLATE "C",
    version        bigint NOT NULL,
    last_event     uuid   NOT NULL,
    created_at     bigint NOT NULL,                                   -- microseconds since 1970 UTC
    checksum       bigint NOT NULL,
    state          bytea,                                             -- none for a discarded aggregate
    PRIMARY KEY (stream, schema_version, fingerprint, codec, version)
);

-- The last position drawn, never one above. Not `SELECT last_value`: for every batch of values that PostgreSQL logs ahead it
-- writes the end of the batch into the sequence's page for a moment, under a lock that a scan lets go before it looks. This
-- function reads under the lock. Without an answer no fence could be taken, which must not pass in silence.
CREATE FUNCTION {schema}.last_position_1() RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $last$
DECLARE
    last bigint := pg_catalog.pg_sequence_last_value('{schema}.events_position'::regclass);
BEGIN
    IF last IS NULL THEN
        RAISE EXCEPTION 'the sequence events_position has no last position'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'The role needs SELECT or USAGE on it. If it was restarted: setval() it to the highest position.';
    END IF;
    RETURN last;
END
$last$;

-- Refuses events that are meant for another store.
CREATE FUNCTION {schema}.other_store_1(wanted uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $other$
BEGIN
    RAISE EXCEPTION 'the events are for the store %, and this is the store {store}', wanted
        USING ERRCODE = 'invalid_parameter_value',
              HINT = 'The connection is one to another database.';
END
$other$;

-- Refuses an append of which a trigger or a rule has left out events, or given them other positions: it would be acknowledged.
CREATE FUNCTION {schema}.left_out_1(events bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
AS $left_out$
BEGIN
    RAISE EXCEPTION 'the events were not inserted as they are: % are missing', events
        USING ERRCODE = 'triggered_data_change_violation',
              HINT = 'A trigger or a rule on the table of events has left them out or changed them.';
END
$left_out$;

-- What an append does first in its transaction, two expressions that become part of the statement that calls them.
-- An acknowledged append is on the disk. `lock_wait` is how long to wait for a transaction that has a version of its streams
-- open, in milliseconds; null as set.
CREATE FUNCTION {schema}.durable_1(lock_wait int) RETURNS int
LANGUAGE sql VOLATILE
AS $durable$
    SELECT pg_catalog.num_nulls(
        CASE WHEN pg_catalog.current_setting('synchronous_commit') = 'off'
             THEN pg_catalog.set_config('synchronous_commit', 'on', true) END,
        CASE WHEN lock_wait IS NOT NULL THEN pg_catalog.set_config('lock_timeout', lock_wait::text, true) END)
$durable$;

-- The fence (see `horizon_1`): before the first position is drawn. `wanted` is the store that the caller takes this one for.
CREATE FUNCTION {schema}.fence_1(wanted uuid) RETURNS boolean
LANGUAGE sql VOLATILE
AS $fence$
    SELECT pg_catalog.pg_advisory_xact_lock_shared((({fence})::bigint << 48) | CASE wanted
        WHEN '{store}'::uuid
        THEN coalesce(pg_catalog.pg_sequence_last_value('{schema}.events_position'::regclass), {schema}.last_position_1())
        ELSE {schema}.other_store_1(wanted) END)::text IS NULL
$fence$;

-- Stores commits, finds them stored, or refuses them: all of a commit or nothing. No two commits of a call have a stream in common.
-- If all are stored it answers one row, of part 0: `recorded` has a time for each part, `positions` one for each event.
-- Otherwise a row for each part: `outcome` is 0 (stored), 1 (was stored before) or 2 (conflict), `differs` says which part is to blame.
CREATE FUNCTION {schema}.append_1(
    commit_ids     uuid[],
    part_commits   int[],         -- a part's commit, from 1
    part_streams   text[],
    part_expected  bigint[],
    part_after     uuid[],
    part_lasts     bigint[],      -- the version that its events bring it to; `expected` if it has none
    event_parts    int[],         -- an event's part, from 1; parts and events in order
    event_ids      uuid[],
    versions       bigint[],
    names          text[],
    event_versions bigint[],
    codecs         text[],
    payloads       text[],
    binaries       bytea[],
    metadatas      text[],
    ascending      boolean,       -- whether the parts are in the order of their streams
    at             timestamptz,   -- null for the server's clock
    lock_wait      int,           -- see `durable_1`
    wanted         uuid           -- see `fence_1`
) RETURNS TABLE (part bigint, outcome int, differs boolean, actual bigint, recorded timestamptz[], positions bigint[])
LANGUAGE plpgsql VOLATILE
-- Plans are kept by each session, from when the table was small. What can't be read in another way looks so dear then that
-- it would be compiled, for seconds.
SET enable_seqscan = off
SET jit = off
-- For a few appends a plan of their own looks better than the kept one, each time anew: planning takes longer than appending.
SET plan_cache_mode = force_generic_plan
-- The transaction may be a caller's, with a path of its own.
SET search_path = pg_catalog, pg_temp
AS $append$
#variable_conflict use_column
DECLARE
    now_at  timestamptz := coalesce(at, clock_timestamp());
    heads   bigint[];
    times   timestamptz[];
    wrong   boolean[];
    refused int[] := '{}';
    head_version bigint;
    head_id      uuid;
    head_time    timestamptz;
    taken    int[];
    places   bigint[];
    kept     bigint[];
    -- What is called for its effect: assignments cost less than PERFORM.
    settings int;
    held     boolean;
    noted    text;
    -- Of this store alone: another one of the database can have its number.
    note    text := 'eventsourcing.fence_' || '{schema}.events_position'::regclass::oid;
BEGIN
    IF wanted <> '{store}'::uuid THEN
        head_version := {schema}.other_store_1(wanted);
    END IF;
    -- Heads, from the expected versions up: an index gives a stream's entries by the page, and most are below. What is below is a
    -- conflict, and looked up when that is certain. What is in arrays is taken from them by its number, which costs less than rows of
    -- unnest().
    IF cardinality(part_streams) = 1 THEN
        SELECT e.version, e.id, e.recorded_at INTO head_version, head_id, head_time
          FROM {schema}.events e WHERE e.stream = part_streams[1] AND e.version >= part_expected[1]
         ORDER BY e.version DESC LIMIT 1;
        heads := ARRAY[coalesce(head_version, 0)];
        times := ARRAY[greatest(now_at, head_time)];
        wrong := ARRAY[heads[1] <> part_expected[1] OR coalesce(head_id <> part_after[1], false)];
    ELSE
        SELECT array_agg(p.version), array_agg(p.recorded_at), array_agg(p.differs) INTO heads, times, wrong
          FROM (
              SELECT coalesce(head.version, 0) AS version,
                     CASE WHEN part_lasts[i] = part_expected[i] THEN now_at ELSE greatest(now_at, head.recorded_at) END AS recorded_at,
                     coalesce(head.version, 0) <> part_expected[i] OR coalesce(head.id <> part_after[i], false) AS differs
                FROM generate_series(1, cardinality(part_streams)) i
                LEFT JOIN LATERAL (
                    SELECT e.version, e.id, e.recorded_at FROM {schema}.events e
                    WHERE e.stream = part_streams[i] AND e.version >= part_expected[i] ORDER BY e.version DESC LIMIT 1
                ) head ON true
               ORDER BY i
          ) p;
    END IF;
    IF true = ANY (wrong) THEN
        refused := (SELECT array_agg(DISTINCT p.commit) FROM unnest(part_commits, wrong) AS p (commit, differs) WHERE p.differs);
    END IF;

    IF cardinality(refused) < cardinality(commit_ids) THEN
        settings := {schema}.durable_1(lock_wait);
        -- Once in a transaction. Both the lock and the note of it are gone if the savepoint that they were taken behind is
        -- rolled back.
        IF current_setting(note, true) IS DISTINCT FROM pg_current_xact_id()::text THEN
            held := {schema}.fence_1(wanted);
            noted := set_config(note, pg_current_xact_id()::text, true);
        END IF;
        -- Positions are drawn in the order of the call, and index entries made in the order of streams: two calls that have
        -- streams in common wait for each other, never in a circle.
        IF ascending AND cardinality(refused) = 0 THEN
            WITH inserted AS (
                INSERT INTO {schema}.events (position, version, event_version, recorded_at, id, commit_id,
                                             stream, name, codec, payload, payload_binary, metadata)
                SELECT nextval('{schema}.events_position'), versions[i], event_versions[i], times[event_parts[i]], event_ids[i],
                       commit_ids[part_commits[event_parts[i]]], part_streams[event_parts[i]],
                       names[i], codecs[i], payloads[i]::json, binaries[i], metadatas[i]
                FROM generate_series(1, cardinality(event_ids)) i
                RETURNING position
            )
            SELECT coalesce(array_agg(i.position ORDER BY i.position), '{}') INTO positions FROM inserted i;
            IF cardinality(positions) <> cardinality(event_ids) THEN
                head_version := {schema}.left_out_1(cardinality(event_ids) - cardinality(positions));
            END IF;
            part := 0;
            outcome := 0;
            differs := false;
            actual := 0;
            recorded := times;
            RETURN NEXT;
            RETURN;
        END IF;
        taken := ARRAY(SELECT i FROM generate_series(1, cardinality(event_ids)) i
                        WHERE part_commits[event_parts[i]] <> ALL (refused) ORDER BY i);
        places := ARRAY(SELECT nextval('{schema}.events_position') FROM generate_series(1, cardinality(taken)));
        WITH inserted AS (
            INSERT INTO {schema}.events (position, version, event_version, recorded_at, id, commit_id,
                                         stream, name, codec, payload, payload_binary, metadata)
            SELECT places[t.number], versions[t.i], event_versions[t.i], times[event_parts[t.i]], event_ids[t.i],
                   commit_ids[part_commits[event_parts[t.i]]], part_streams[event_parts[t.i]],
                   names[t.i], codecs[t.i], payloads[t.i]::json, binaries[t.i], metadatas[t.i]
            FROM unnest(taken) WITH ORDINALITY AS t (i, number)
            ORDER BY part_streams[event_parts[t.i]] COLLATE "C", versions[t.i]
            RETURNING position
        )
        SELECT coalesce(array_agg(i.position ORDER BY i.position), '{}') INTO kept FROM inserted i;
        IF kept <> places THEN
            head_version := {schema}.left_out_1(cardinality(places) - cardinality(kept));
        END IF;
        RETURN QUERY
        WITH drawn AS (
            SELECT event_parts[t.i] AS part, array_agg(places[t.number] ORDER BY t.number) AS positions
            FROM unnest(taken) WITH ORDINALITY AS t (i, number) GROUP BY event_parts[t.i]
        )
        SELECT p.number, 0, false, 0::bigint, ARRAY[times[p.number]], coalesce(drawn.positions, '{}')
        FROM unnest(part_commits) WITH ORDINALITY AS p (commit, number)
        LEFT JOIN drawn ON drawn.part = p.number
        WHERE p.commit <> ALL (refused);
    END IF;

    IF cardinality(refused) > 0 THEN
        -- One version more on both sides: a stored commit that has more events is another one.
        RETURN QUERY
        WITH stored AS (
            SELECT p.number, p.commit, p.stream, p.expected, p.last, s.ids, s.places, s.recorded_at, s.lowest
            FROM unnest(part_commits, part_streams, part_expected, part_lasts)
                 WITH ORDINALITY AS p (commit, stream, expected, last, number)
            CROSS JOIN LATERAL (
                SELECT array_agg(e.id ORDER BY e.version) AS ids, array_agg(e.position ORDER BY e.version) AS places,
                       min(e.recorded_at) AS recorded_at, min(e.version) AS lowest
                FROM {schema}.events e
                WHERE e.stream = p.stream AND e.commit_id = commit_ids[p.commit]
                  AND e.version BETWEEN p.expected AND least(p.last, 9223372036854775806) + 1
            ) s
            WHERE p.commit = ANY (refused)
        ), wanted AS (
            SELECT e.part, array_agg(e.id ORDER BY e.number) AS ids
            FROM unnest(event_parts, event_ids) WITH ORDINALITY AS e (part, id, number)
            GROUP BY e.part
        ), found AS (
            SELECT s.commit, bool_and(w.part IS NULL OR coalesce(s.lowest = s.expected + 1 AND s.ids = w.ids, false)) AS whole
            FROM stored s LEFT JOIN wanted w ON w.part = s.number
            GROUP BY s.commit
        )
        SELECT s.number, CASE WHEN f.whole THEN 1 ELSE 2 END, wrong[s.number],
               -- Below what is expected, as it was when that was decided.
               CASE WHEN heads[s.number] > 0 OR s.expected = 0 THEN heads[s.number]
                    ELSE least(s.expected - 1, coalesce((
                        SELECT e.version FROM {schema}.events e WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1), 0)) END,
               ARRAY[CASE WHEN w.part IS NULL THEN now_at ELSE coalesce(s.recorded_at, now_at) END],
               CASE WHEN w.part IS NULL THEN '{}' ELSE coalesce(s.places, '{}') END
        FROM stored s
        JOIN found f ON f.commit = s.commit
        LEFT JOIN wanted w ON w.part = s.number;
    END IF;
END
$append$;

-- Why a single event was not stored by the statement that does no more than that; or stores it, if the reason is gone by now.
-- The answer of `append_1` in one value: outcome, differs, actual, recorded (microseconds since 1970 UTC), positions.
CREATE FUNCTION {schema}.append_one_1(
    commit_id     uuid,
    stream        text,
    expected      bigint,
    after         uuid,
    event_id      uuid,
    name          text,
    event_version bigint,
    codec         text,
    payload       text,
    binary_       bytea,
    metadata      text,
    at            timestamptz,
    lock_wait     int,
    wanted        uuid
) RETURNS bigint[]
LANGUAGE sql VOLATILE
AS $one$
    SELECT ARRAY[a.outcome, a.differs::int, a.actual, (extract(epoch FROM a.recorded[1]) * 1000000)::bigint] || a.positions
      FROM {schema}.append_1(ARRAY[commit_id], '{1}', ARRAY[stream], ARRAY[expected], ARRAY[after], ARRAY[expected + 1],
           '{1}', ARRAY[event_id], ARRAY[expected + 1], ARRAY[name], ARRAY[event_version], ARRAY[codec], ARRAY[payload],
           ARRAY[binary_], ARRAY[metadata], true, at, lock_wait, wanted) a
$one$;

-- How far the order is settled: no append that is under way, or that begins now, will show a position at or below `safe`.
-- `settled` is the last event's by then. That holds for ever: the event is on the disk, and with it that its position was
-- drawn. Positions above it, of appends that were rolled back, a server that crashes may hand out again.
--
-- Every append holds an advisory lock in share mode, from before it draws its first position until its transaction is over.
-- The lock's key is the last position drawn by then, so that all its own are above. So, in this order: the last position
-- drawn; then the lowest key that is held. What was drawn by the first look and is still under way shows in the second one;
-- what doesn't is over, and visible to the next statement; what is drawn later is above both.
CREATE FUNCTION {schema}.horizon_1(OUT safe bigint, OUT last bigint, OUT appending bigint, OUT settled bigint)
LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off
SET jit = off
SET search_path = pg_catalog, pg_temp
AS $horizon$
DECLARE
    lowest bigint;
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'a standby does not know which appends are under way' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    last := {schema}.last_position_1();
    SELECT min(((l.classid::bigint & 65535) << 32) | l.objid::bigint), count(DISTINCT l.virtualtransaction)
      INTO lowest, appending
      FROM pg_catalog.pg_locks l
     WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.classid::bigint >> 16 = {fence}
       AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database());
    safe := least(last, lowest);
    settled := coalesce((SELECT e.position FROM {schema}.events e WHERE e.position <= safe ORDER BY e.position DESC LIMIT 1), 0);
END
$horizon$;

-- For people: SELECT * FROM {schema}.event_log;
CREATE VIEW {schema}.event_log AS
SELECT position, stream, version, name, event_version, recorded_at, codec,
       coalesce(payload::text, encode(payload_binary, 'hex')) AS payload, metadata, id, commit_id
FROM {schema}.events;

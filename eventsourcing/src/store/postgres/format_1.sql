-- {schema} is the quoted name of the schema, {store} the store's identity, {fence} its number among the advisory locks of its
-- database.
-- Texts compare by their bytes, whatever the database's collation: names that differ are different streams.

-- Positions. Never cached: readers rely on its last value being the last position drawn. Never beyond 48 bits: an append's
-- advisory lock has the position in its key. Appends that fail leave gaps.
CREATE SEQUENCE {schema}.events_position AS bigint MINVALUE 0 START WITH 0 MAXVALUE 281474976710655 CACHE 1 NO CYCLE;
SELECT setval('{schema}.events_position', 0);

CREATE TABLE {schema}.events (
    position       bigint      NOT NULL,
    version        bigint      NOT NULL CHECK (version > 0),          -- 1, 2, 3, … within the stream
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
    CHECK (num_nonnulls(payload, payload_binary) = 1),
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

-- Stores commits, finds them stored, or refuses them: all of a commit or nothing. No two commits of a call have a stream in common.
-- Answers a row for each part: `outcome` is 0 (stored), 1 (was stored before) or 2 (conflict), `differs` says which part is to blame.
-- The one way in which events come into the table, since it takes the fence (see `horizon_1`).
CREATE FUNCTION {schema}.append_1(
    commit_ids     uuid[],
    part_commits   int[],         -- a part's commit, from 1
    part_streams   text[],
    part_expected  bigint[],
    part_after     uuid[],
    part_lasts     bigint[],      -- the version that its events bring it to; `expected` if it has none
    event_parts    int[],         -- an event's part, from 1; parts and events in order
    event_ids      uuid[],
    names          text[],
    event_versions bigint[],
    codecs         text[],
    payloads       text[],
    binaries       bytea[],
    metadatas      text[],
    at             timestamptz,   -- null for the server's clock
    lock_wait      int,           -- how long to wait for a transaction that has a version of these streams open, in ms; null as set
    wanted         uuid           -- the store that the caller takes this one for
) RETURNS TABLE (part bigint, outcome int, differs boolean, actual bigint, recorded timestamptz, positions bigint[])
LANGUAGE plpgsql VOLATILE
-- Plans are kept by each session, from when the table was small. What can't be read in another way looks so dear then that
-- it would be compiled, for seconds.
SET enable_seqscan = off
SET jit = off
AS $append$
#variable_conflict use_column
DECLARE
    now_at  timestamptz := coalesce(at, clock_timestamp());
    heads   bigint[];
    times   timestamptz[];
    wrong   boolean[];
    refused int[];
    head_version bigint;
    head_id      uuid;
    head_time    timestamptz;
    is_one  boolean := cardinality(part_streams) = 1;   -- as most are: what follows has a shorter form for it
    -- Of this store alone: another one of the database can have its number.
    note    text := 'eventsourcing.fence_' || '{schema}.events_position'::regclass::oid;
BEGIN
    IF wanted <> '{store}'::uuid THEN
        RAISE EXCEPTION 'the events are for the store %, and this is the store {store}', wanted
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'The transaction is of a connection to another database.';
    END IF;
    IF is_one THEN
        SELECT e.version, e.id, e.recorded_at INTO head_version, head_id, head_time
          FROM {schema}.events e WHERE e.stream = part_streams[1] ORDER BY e.version DESC LIMIT 1;
        heads := ARRAY[coalesce(head_version, 0)];
        times := ARRAY[head_time];
        wrong := ARRAY[heads[1] <> part_expected[1] OR coalesce(head_id <> part_after[1], false)];
        refused := CASE WHEN wrong[1] THEN '{1}'::int[] ELSE '{}' END;
    ELSE
        SELECT array_agg(coalesce(head.version, 0) ORDER BY p.number),
               array_agg(head.recorded_at ORDER BY p.number),
               array_agg(coalesce(head.version, 0) <> p.expected OR coalesce(head.id <> p.after, false) ORDER BY p.number),
               coalesce(array_agg(DISTINCT p.commit) FILTER (
                   WHERE coalesce(head.version, 0) <> p.expected OR coalesce(head.id <> p.after, false)), '{}')
          INTO heads, times, wrong, refused
          FROM unnest(part_commits, part_streams, part_expected, part_after)
               WITH ORDINALITY AS p (commit, stream, expected, after, number)
          LEFT JOIN LATERAL (
              SELECT e.version, e.id, e.recorded_at FROM {schema}.events e
              WHERE e.stream = p.stream ORDER BY e.version DESC LIMIT 1
          ) head ON true;
    END IF;

    IF cardinality(refused) < cardinality(commit_ids) THEN
        -- An acknowledged append is on the disk.
        IF current_setting('synchronous_commit') = 'off' THEN
            PERFORM set_config('synchronous_commit', 'on', true);
        END IF;
        IF lock_wait IS NOT NULL THEN
            PERFORM set_config('lock_timeout', lock_wait::text, true);
        END IF;
        -- The fence, once in a transaction: before the first position is drawn. Both the lock and the note of it
        -- are gone if the savepoint that they were taken behind is rolled back.
        IF current_setting(note, true) IS DISTINCT FROM pg_current_xact_id()::text THEN
            PERFORM pg_advisory_xact_lock_shared((({fence})::bigint << 48) | {schema}.last_position_1());
            PERFORM set_config(note, pg_current_xact_id()::text, true);
        END IF;
        IF is_one THEN
            RETURN QUERY
            WITH inserted AS (
                INSERT INTO {schema}.events (position, version, event_version, recorded_at, id, commit_id,
                                             stream, name, codec, payload, payload_binary, metadata)
                SELECT nextval('{schema}.events_position'), part_expected[1] + e.number, e.event_version,
                       greatest(now_at, head_time), e.id, commit_ids[1], part_streams[1], e.name, e.codec,
                       e.payload::json, e.binary_, e.metadata
                FROM unnest(event_ids, names, event_versions, codecs, payloads, binaries, metadatas)
                     WITH ORDINALITY AS e (id, name, event_version, codec, payload, binary_, metadata, number)
                RETURNING position
            )
            SELECT 1::bigint, 0, false, part_expected[1], greatest(now_at, head_time), array_agg(i.position ORDER BY i.position)
            FROM inserted i;
            RETURN;
        END IF;
        -- Positions are drawn in the order of the call, and index entries made in the order of streams: two calls that have
        -- streams in common wait for each other, never in a circle.
        RETURN QUERY
        WITH placed AS MATERIALIZED (
            SELECT nextval('{schema}.events_position') AS position, e.*
            FROM (
                SELECT e.part, e.id, e.name, e.event_version, e.codec, e.payload, e.binary_, e.metadata,
                       p.expected + row_number() OVER (PARTITION BY e.part ORDER BY e.number) AS version,
                       p.stream, p.commit
                FROM unnest(event_parts, event_ids, names, event_versions, codecs, payloads, binaries, metadatas)
                     WITH ORDINALITY AS e (part, id, name, event_version, codec, payload, binary_, metadata, number)
                JOIN unnest(part_commits, part_streams, part_expected)
                     WITH ORDINALITY AS p (commit, stream, expected, number) ON p.number = e.part
                WHERE p.commit <> ALL (refused)
                ORDER BY e.number
            ) e
        ), inserted AS (
            INSERT INTO {schema}.events (position, version, event_version, recorded_at, id, commit_id,
                                         stream, name, codec, payload, payload_binary, metadata)
            SELECT e.position, e.version, e.event_version, greatest(now_at, times[e.part]), e.id, commit_ids[e.commit],
                   e.stream, e.name, e.codec, e.payload::json, e.binary_, e.metadata
            FROM placed e ORDER BY e.stream, e.version
        ), drawn AS (
            SELECT e.part, array_agg(e.position ORDER BY e.position) AS positions FROM placed e GROUP BY e.part
        )
        SELECT p.number, 0, false, p.expected,
               CASE WHEN drawn.positions IS NULL THEN now_at ELSE greatest(now_at, times[p.number]) END,
               coalesce(drawn.positions, '{}')
        FROM unnest(part_commits, part_expected) WITH ORDINALITY AS p (commit, expected, number)
        LEFT JOIN drawn ON drawn.part = p.number
        WHERE p.commit <> ALL (refused);
    END IF;

    IF cardinality(refused) > 0 THEN
        -- One version more on both sides: a stored commit that has more events is another one.
        RETURN QUERY
        WITH stored AS (
            SELECT p.number, p.commit, p.expected, p.last, s.ids, s.places, s.recorded_at, s.lowest
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
        SELECT s.number, CASE WHEN f.whole THEN 1 ELSE 2 END, wrong[s.number], heads[s.number],
               CASE WHEN w.part IS NULL THEN now_at ELSE coalesce(s.recorded_at, now_at) END,
               CASE WHEN w.part IS NULL THEN '{}' ELSE coalesce(s.places, '{}') END
        FROM stored s
        JOIN found f ON f.commit = s.commit
        LEFT JOIN wanted w ON w.part = s.number;
    END IF;
END
$append$;

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

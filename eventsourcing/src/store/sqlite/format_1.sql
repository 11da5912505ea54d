-- Times are microseconds since 1970 UTC, ids are 16 bytes. Not STRICT: readers check every column anyway,
-- and older sqlite3 tools can open the file.

CREATE TABLE eventsourcing_meta (
    key   TEXT PRIMARY KEY,
    value
) WITHOUT ROWID;

-- AUTOINCREMENT: a plain rowid is handed out again after the newest row is deleted.
CREATE TABLE events (
    position      INTEGER PRIMARY KEY AUTOINCREMENT,
    stream        TEXT    NOT NULL,  -- category/id
    version       INTEGER NOT NULL,  -- 1, 2, 3, … within the stream
    id            BLOB    NOT NULL,
    name          TEXT    NOT NULL,
    event_version INTEGER NOT NULL,
    codec         TEXT    NOT NULL,
    commit_id     BLOB    NOT NULL,
    recorded_at   INTEGER NOT NULL,
    payload               NOT NULL,  -- text if the codec is json, otherwise a blob
    metadata      TEXT    NOT NULL,  -- a JSON object of strings, or empty
    UNIQUE (stream, version)
);

-- The streams, in the order of their beginnings.
CREATE INDEX events_first ON events (position, stream) WHERE version = 1;

CREATE TABLE snapshots (
    stream         TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    fingerprint    BLOB    NOT NULL,
    codec          TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    last_event     BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    checksum       INTEGER NOT NULL,
    state          BLOB,             -- none for a discarded aggregate
    PRIMARY KEY (stream, schema_version, fingerprint, codec, version)
);

-- For people: SELECT * FROM event_log;
CREATE VIEW event_log AS
SELECT
    position,
    stream,
    version,
    name,
    event_version,
    strftime('%Y-%m-%d %H:%M:%f', recorded_at / 1000000.0, 'unixepoch') AS recorded_at,
    codec,
    CASE typeof(payload) WHEN 'blob' THEN hex(payload) ELSE payload END AS payload,
    metadata,
    lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
        || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS id,
    lower(substr(hex(commit_id), 1, 8) || '-' || substr(hex(commit_id), 9, 4) || '-' || substr(hex(commit_id), 13, 4)
        || '-' || substr(hex(commit_id), 17, 4) || '-' || substr(hex(commit_id), 21)) AS commit_id
FROM events;

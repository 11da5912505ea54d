//! The stored format: migrations, their checksums, and the SQL that depends on the schema's name. A change of the layout
//! is a new entry of [`MIGRATIONS`]; those that were released are never edited, which the checksums see to.

use tokio_postgres::{Client, types::Type};
use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::{PostgresOptions, connection::Sql, database::Database, errors::Failure};
use crate::{Error, ErrorKind, Result};

/// The statements that lead from each format version to the next, the first from an empty schema.
const MIGRATIONS: &[&str] = &[include_str!("format_1.sql")];

/// The oldest server that has all that the migrations use.
const OLDEST_SERVER: i32 = 140_000;

/// The longest identifier that PostgreSQL doesn't cut off.
const LONGEST_NAME: usize = 63;

/// What a schema has in it.
enum Content {
    /// No schema, or an empty one.
    Nothing,
    /// Tables of somebody else.
    Foreign,
    /// The migrations that were applied, with their checksums.
    Store(Vec<(i32, String)>),
}

/// The name as it stands in SQL.
pub(super) fn quoted(name: &str) -> Result<String> {
    let wrong = |what: &str| {
        let detail = format!("the schema's name {name:?} {what}");
        Err(Error::new(ErrorKind::InvalidConfiguration).because(detail))
    };
    if name.is_empty() || name.len() > LONGEST_NAME {
        return wrong("is empty or has more than 63 bytes");
    }
    // It stands within quotes and within the text of functions.
    if name.contains(|c: char| c.is_control() || matches!(c, '"' | '\'' | '\\' | '$' | '{' | '}')) {
        return wrong("has a character that is not allowed");
    }
    if name.starts_with("pg_") {
        return wrong("begins with `pg_`, which PostgreSQL keeps for itself");
    }
    Ok(format!("\"{name}\""))
}

/// Makes the schema a store, brings an old one up to date, and gives the store's identity.
///
/// Several processes may do this at once. Nothing is written to a schema that isn't ours.
pub(super) async fn prepare(database: &Database, options: &PostgresOptions) -> Result<Uuid> {
    check_server(database).await?;
    let name = &*database.name;
    let until = database.until();
    let mut connection = database.connection(until).await?;
    let inspected = inspect(connection.begin()?.client(), &options.schema);
    let current = database.within(until, inspected).await;
    connection.end(&current);
    drop(connection);
    let current = current?;
    let applied = accept(name, &current)?;
    if applied < MIGRATIONS.len() {
        if !options.migrate {
            return Err(Error::new(ErrorKind::UnsupportedFormat).because(format!(
                "{name}: the store format is {applied}, this program needs {}, and migrations are off",
                MIGRATIONS.len()
            )));
        }
        migrate(database, &options.schema).await?;
    }
    identity(database, &options.schema).await
}

async fn check_server(database: &Database) -> Result<()> {
    let sql =
        "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')";
    let rows = database.rows(Sql::Once(sql), &[]).await?;
    let name = &*database.name;
    let Some(row) = rows.first() else {
        return Err(Failure::corrupt(name, "the server did not say its version").into());
    };
    let driver = |error| Failure::of_statement(name, error);
    let version: i32 = row.try_get(0).map_err(driver)?;
    let encoding: String = row.try_get(1).map_err(driver)?;
    let unsupported = |what: String| {
        Err(Error::new(ErrorKind::InvalidConfiguration).because(format!("{name}: {what}")))
    };
    if version < OLDEST_SERVER {
        return unsupported(format!(
            "PostgreSQL 14 or later is needed, the server is {}",
            version / 10_000
        ));
    }
    if encoding != "UTF8" {
        return unsupported(format!(
            "the database's encoding is {encoding}, not every text fits: it must be UTF8"
        ));
    }
    Ok(())
}

fn checksum(migration: &str) -> String {
    // A checkout may have changed the ends of lines.
    let text = migration.replace("\r\n", "\n");
    format!("{:016x}", XxHash3_64::oneshot(text.as_bytes()))
}

async fn inspect(client: &Client, schema: &str) -> Result<Content, tokio_postgres::Error> {
    let sql = "SELECT count(*) FILTER (WHERE c.relname = 'migrations'), count(*)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1";
    let row = client
        .query_typed_one(sql, &[(&schema, Type::TEXT)])
        .await?;
    let (ours, all): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if ours == 0 {
        return Ok(match all {
            0 => Content::Nothing,
            _ => Content::Foreign,
        });
    }
    let sql = format!("SELECT version, checksum FROM \"{schema}\".migrations ORDER BY version");
    let rows = client.query_typed(&sql, &[]).await?;
    let applied = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    Ok(Content::Store(
        applied.collect::<Result<_, tokio_postgres::Error>>()?,
    ))
}

/// How many migrations were applied.
fn accept(database: &str, content: &Content) -> Result<usize> {
    let refused = |what: String| {
        Err(Error::new(ErrorKind::UnsupportedFormat).because(format!("{database}: {what}")))
    };
    let applied = match content {
        Content::Nothing => return Ok(0),
        Content::Foreign => {
            return refused("the schema has tables, but not those of an event store".into());
        }
        Content::Store(applied) => applied,
    };
    let known = MIGRATIONS.len();
    for (number, (version, stored)) in (1..).zip(applied) {
        let Some(migration) = MIGRATIONS.get(number - 1) else {
            return refused(format!(
                "the store format is {version}, this program knows formats up to {known}"
            ));
        };
        if usize::try_from(*version) != Ok(number) || *stored != checksum(migration) {
            return refused(format!(
                "migration {version} was applied in another form than this program has"
            ));
        }
    }
    Ok(applied.len())
}

async fn migrate(database: &Database, schema: &str) -> Result<()> {
    let mut refusal = None;
    let until = database.until();
    let mut connection = database.connection(until).await?;
    let migrated = migrate_on(
        connection.begin()?.client(),
        &database.name,
        schema,
        &mut refusal,
    );
    let migrated = database.within(until, migrated).await;
    connection.end(&migrated);
    match refusal {
        Some(refusal) => Err(refusal),
        None => Ok(migrated?),
    }
}

/// In one transaction. Of several processes one migrates, and the others find it done.
async fn migrate_on(
    client: &Client,
    database: &str,
    schema: &str,
    refusal: &mut Option<Error>,
) -> Result<(), tokio_postgres::Error> {
    client
        .batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        .await?;
    let done = migrate_in(client, database, schema, refusal).await;
    let end = if done.is_ok() && refusal.is_none() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    client.batch_execute(end).await?;
    done
}

async fn migrate_in(
    client: &Client,
    database: &str,
    schema: &str,
    refusal: &mut Option<Error>,
) -> Result<(), tokio_postgres::Error> {
    let lock =
        "SELECT pg_advisory_xact_lock(hashtextextended('eventsourcing migrations ' || $1, 0))";
    client.query_typed(lock, &[(&schema, Type::TEXT)]).await?;
    let current = inspect(client, schema).await?;
    let applied = match accept(database, &current) {
        Ok(applied) => applied,
        Err(error) => {
            *refusal = Some(error);
            return Ok(());
        }
    };
    if applied == 0 {
        begin(client, schema).await?;
    }
    let sql = format!("SELECT value FROM \"{schema}\".meta WHERE key = $1");
    let meta = async |key: &str| {
        let row = client.query_typed_one(&sql, &[(&key, Type::TEXT)]).await?;
        row.try_get::<_, String>(0)
    };
    let (store, fence) = (meta("store_id").await?, meta("fence").await?);
    for (version, migration) in (1_i32..).zip(MIGRATIONS).skip(applied) {
        let sql = migration
            .replace("{schema}", &format!("\"{schema}\""))
            .replace("{store}", &store)
            .replace("{fence}", &fence);
        client.batch_execute(&sql).await?;
        let sql =
            format!("INSERT INTO \"{schema}\".migrations (version, checksum) VALUES ($1, $2)");
        client
            .execute_typed(
                &sql,
                &[(&version, Type::INT4), (&checksum(migration), Type::TEXT)],
            )
            .await?;
    }
    Ok(())
}

/// The schema, and the two tables that are there before any migration.
async fn begin(client: &Client, schema: &str) -> Result<(), tokio_postgres::Error> {
    // Not `IF NOT EXISTS` alone: that needs the right to create schemas even if it is there.
    let sql = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1";
    if client
        .query_typed_opt(sql, &[(&schema, Type::TEXT)])
        .await?
        .is_none()
    {
        client
            .batch_execute(&format!("CREATE SCHEMA \"{schema}\""))
            .await?;
    }
    let id = Uuid::now_v7();
    // Fifteen bits, not zero: with the position's 48 bits a positive number, and none that is small.
    let fence = 1 + XxHash3_64::oneshot(id.as_bytes()) % 32_767;
    client
        .batch_execute(&format!(
            "CREATE TABLE \"{schema}\".migrations (
                version    int PRIMARY KEY,
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            CREATE TABLE \"{schema}\".meta (key text PRIMARY KEY, value text NOT NULL);
            INSERT INTO \"{schema}\".meta VALUES ('store_id', '{id}'), ('fence', '{fence}')"
        ))
        .await
}

/// The store's identity, made when the schema was.
async fn identity(database: &Database, schema: &str) -> Result<Uuid> {
    let sql = format!(
        "SELECT value, (SELECT seqcache FROM pg_catalog.pg_sequence WHERE seqrelid = '\"{schema}\".events_position'::regclass)
        FROM \"{schema}\".meta WHERE key = 'store_id'"
    );
    let rows = database.rows(Sql::Once(&sql), &[]).await?;
    let row = rows.first();
    let id = row.and_then(|row| row.try_get::<_, &str>(0).ok());
    let id = id.and_then(|id| Uuid::try_parse(id).ok());
    let cache = row.and_then(|row| row.try_get::<_, i64>(1).ok());
    let refused = |what: &str| {
        Error::new(ErrorKind::UnsupportedFormat).because(format!("{}: {what}", database.name))
    };
    if cache != Some(1) {
        return Err(refused(
            "the sequence events_position was changed: it must have CACHE 1, or readers skip events",
        ));
    }
    id.ok_or_else(|| refused("the store's identity in the table meta is missing or damaged"))
}

//! What comes back is what was saved.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    StreamId, Timestamp, Version,
    snapshot::{Fingerprint, SnapshotInfo, SnapshotKey, SnapshotRow},
    testing::conformance::prelude::*,
};

/// Each row is found as it was saved, and listed as it is.
async fn come_back(t: &Trial, rows: &[SnapshotRow]) -> Checked {
    let store = t.snapshots()?;
    for row in rows {
        store.save(row).await?;
        let found = store.newest(&row.key, row.version.get()).await?;
        ensure!(
            found.as_ref() == Some(row),
            "a row came back as {}, not as it was saved: {}",
            crate::testing::conformance::report::short(&found),
            crate::testing::conformance::report::short(row)
        );
        let list = store.0.list(&row.key.stream).await?;
        ensure!(
            list.contains(&SnapshotInfo::from(row)),
            "a row is listed otherwise than it is"
        );
    }
    Ok(())
}

async fn states_come_back(t: &Trial, states: Vec<Option<Bytes>>) -> Checked {
    let mut rows = Vec::new();
    for (version, state) in (1..).zip(states) {
        let row = row(&key("1", 1)?, version);
        rows.push(SnapshotRow::new(
            row.key,
            row.version,
            row.last_event,
            row.created_at,
            state,
        ));
    }
    come_back(t, &rows).await
}

pub(crate) async fn every_column_comes_back(t: Trial) -> Checked {
    let whole = SnapshotRow::new(
        SnapshotKey {
            stream: stream("1")?,
            schema_version: 3,
            fingerprint: Fingerprint::from_bytes(*b"0123456789abcdef"),
            codec: "bincode+zstd".to_owned(),
        },
        Version::from(12),
        Uuid::now_v7(),
        Timestamp::from_unix_micros(1_700_000_000_123_456),
        Some(Bytes::from_static(b"state")),
    );
    come_back(&t, &[whole]).await
}

pub(crate) async fn no_state_and_an_empty_state(t: Trial) -> Checked {
    states_come_back(
        &t,
        vec![
            None,
            Some(Bytes::new()),
            Some(Bytes::from_static(b"x")),
            None,
        ],
    )
    .await
}

pub(crate) async fn every_byte_in_a_state(t: Trial) -> Checked {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let states = [
        all,
        vec![0; 9],
        b"-0.0".to_vec(),
        b"\xff\xfe".to_vec(),
        "日本".into(),
    ];
    states_come_back(&t, states.map(|state| Some(state.into())).into()).await
}

pub(crate) async fn a_state_of_five_megabytes(t: Trial) -> Checked {
    states_come_back(&t, vec![Some(noise(5_000_000).into())]).await
}

pub(crate) async fn extreme_schema_versions_and_versions(t: Trial) -> Checked {
    let mut rows = Vec::new();
    for schema_version in [0, 1, i32::MAX.unsigned_abs() + 1, u32::MAX] {
        for version in [0, 1, 1 << 32, Version::MAX.get()] {
            rows.push(row(&key("1", schema_version)?, version));
        }
    }
    come_back(&t, &rows).await
}

pub(crate) async fn times_before_1970_and_far_away(t: Trial) -> Checked {
    let mut rows = Vec::new();
    for (version, micros) in (1..).zip([0, -1, 1, i64::MIN, i64::MAX, -62_135_596_800_000_001]) {
        let row = row(&key("1", 1)?, version);
        let time = Timestamp::from_unix_micros(micros);
        rows.push(SnapshotRow::new(
            row.key,
            row.version,
            row.last_event,
            time,
            row.state,
        ));
    }
    come_back(&t, &rows).await
}

pub(crate) async fn every_checksum_is_kept(t: Trial) -> Checked {
    let mut rows = Vec::new();
    for (version, checksum) in (1..).zip([0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, (1 << 53) + 1]) {
        let row = row(&key("1", 1)?, version);
        rows.push(SnapshotRow { checksum, ..row });
    }
    come_back(&t, &rows).await
}

pub(crate) async fn unicode_in_keys(t: Trial) -> Checked {
    let mut rows = Vec::new();
    let longest = "i".repeat(StreamId::MAX_ID_LEN);
    for id in ["日本", "e\u{301}", "\u{1F600}", "'\"%_\\", "a/b", &longest] {
        let key = SnapshotKey {
            codec: "json+日本".to_owned(),
            ..key(id, 1)?
        };
        rows.push(row(&key, 1));
    }
    come_back(&t, &rows).await
}

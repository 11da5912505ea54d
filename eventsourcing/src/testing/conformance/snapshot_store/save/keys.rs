//! Each column of the key tells rows apart.

use crate::{
    snapshot::{Fingerprint, SnapshotInfo, SnapshotKey},
    testing::conformance::prelude::*,
};

/// Rows of these keys at one version: each is stored, found under its own key only, and survives the others' end.
async fn are_apart(t: &Trial, keys: &[SnapshotKey]) -> Checked {
    let store = t.snapshots()?;
    let mut rows = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        same!(
            store.newest(key, 99).await?,
            None,
            "the row of a key that none was saved for"
        );
        let row = row_with(key, 10, format!("state of key {number}"));
        let saved = store.save(&row).await?;
        same!(
            saved,
            crate::snapshot::SavedSnapshot::Stored,
            "the answer to key {key:?}"
        );
        rows.push(row);
    }
    for row in &rows {
        same!(
            store.newest(&row.key, 99).await?.as_ref(),
            Some(row),
            "the row of its key"
        );
    }
    for (number, row) in rows.iter().enumerate() {
        store.delete(&SnapshotInfo::from(row)).await?;
        same!(
            store.newest(&row.key, 99).await?,
            None,
            "the row that was deleted"
        );
        for other in &rows[number + 1..] {
            let found = store.newest(&other.key, 99).await?;
            same!(
                found.as_ref(),
                Some(other),
                "the row of a key after another's was deleted"
            );
        }
    }
    Ok(())
}

fn of_stream(category: &str, id: &str) -> Result<SnapshotKey, Failure> {
    Ok(SnapshotKey {
        stream: named(category, id)?,
        ..key("1", 1)?
    })
}

fn with_codec(codec: &str) -> Result<SnapshotKey, Failure> {
    Ok(SnapshotKey {
        codec: codec.to_owned(),
        ..key("1", 1)?
    })
}

pub(crate) async fn streams_tell_keys_apart(t: Trial) -> Checked {
    are_apart(&t, &[key("1", 1)?, key("2", 1)?]).await
}

pub(crate) async fn categories_tell_keys_apart(t: Trial) -> Checked {
    let keys = [
        of_stream("order", "1")?,
        of_stream("invoice", "1")?,
        of_stream("Order", "1")?,
    ];
    are_apart(&t, &keys).await
}

pub(crate) async fn schema_versions_tell_keys_apart(t: Trial) -> Checked {
    are_apart(
        &t,
        &[
            key("1", 1)?,
            key("1", 2)?,
            key("1", 0)?,
            key("1", u32::MAX)?,
        ],
    )
    .await
}

pub(crate) async fn fingerprints_tell_keys_apart(t: Trial) -> Checked {
    let of = |bytes| {
        Ok::<_, Failure>(SnapshotKey {
            fingerprint: Fingerprint::from_bytes(bytes),
            ..key("1", 1)?
        })
    };
    are_apart(&t, &[of([0; 16])?, of([1; 16])?, of([255; 16])?]).await
}

pub(crate) async fn codecs_tell_keys_apart(t: Trial) -> Checked {
    are_apart(&t, &[with_codec("bincode")?, with_codec("json")?]).await
}

pub(crate) async fn fingerprints_that_differ_in_one_bit(t: Trial) -> Checked {
    let mut keys = vec![key("1", 1)?];
    for byte in [0, 7, 8, 15] {
        let mut bytes = *keys[0].fingerprint.as_bytes();
        bytes[byte] ^= 1;
        keys.push(SnapshotKey {
            fingerprint: Fingerprint::from_bytes(bytes),
            ..key("1", 1)?
        });
    }
    are_apart(&t, &keys).await
}

pub(crate) async fn codecs_that_differ_in_case_or_layers(t: Trial) -> Checked {
    let codecs = ["json", "JSON", "json ", "json+zstd", "json+zstd+aes"];
    let keys = codecs
        .map(with_codec)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    are_apart(&t, &keys).await
}

pub(crate) async fn codecs_that_look_alike(t: Trial) -> Checked {
    for group in lookalikes() {
        let stranger = t.stranger().await;
        let keys = group.iter().map(|name| with_codec(name));
        are_apart(&stranger, &keys.collect::<Result<Vec<_>, _>>()?).await?;
    }
    Ok(())
}

pub(crate) async fn streams_that_look_alike(t: Trial) -> Checked {
    let mut groups = lookalikes();
    for len in [200, 255, 400, crate::StreamId::MAX_ID_LEN - 1] {
        let name = "i".repeat(len);
        groups.push(vec![format!("{name}1"), format!("{name}2")]);
    }
    for group in groups {
        let stranger = t.stranger().await;
        let keys = group.iter().map(|name| key(name, 1));
        are_apart(&stranger, &keys.collect::<Result<Vec<_>, _>>()?).await?;
    }
    Ok(())
}

pub(crate) async fn similar_ids_tell_keys_apart(t: Trial) -> Checked {
    let mut keys = Vec::new();
    for id in ["a", "A", "a ", "ab", "a/b", "%", "_", "e\u{301}", "\u{e9}"] {
        keys.push(key(id, 1)?);
    }
    are_apart(&t, &keys).await
}

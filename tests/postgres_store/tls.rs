//! TLS: what connects, and what is refused. A relay in front of the server speaks it, with a certificate for `localhost`
//! that is made for these tests (`certificates`); its authority's key is nowhere.

use std::{io, path::PathBuf, sync::Arc};

use eventsourcing::{
    ErrorKind, PostgresStore, Result,
    store::{
        PostgresOptions,
        tokio_postgres::{
            Config,
            config::{Host, SslMode},
        },
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::bed::{database, put, visible};

const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");
const STRANGER: &[u8] = include_bytes!("certificates/stranger.pem");
const SERVER: &[u8] = include_bytes!("certificates/server.pem");
const KEY: &[u8] = include_bytes!("certificates/server.key");

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(SERVER).expect("the certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("the key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they fit");
    TlsAcceptor::from(Arc::new(config))
}

/// Takes TLS connections only.
async fn relay(mut client: TcpStream, tls: TlsAcceptor, server: PathBuf) -> io::Result<()> {
    let mut request = [0; 8];
    client.read_exact(&mut request).await?;
    if request[4..] != 80_877_103_i32.to_be_bytes() {
        return Ok(());
    }
    client.write_all(b"S").await?;
    let mut client = tls.accept(client).await?;
    let mut server = UnixStream::connect(server).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

async fn connect(config: &Config, roots: &[u8]) -> Result<PostgresStore> {
    let options = PostgresOptions::default().root_certificates(roots);
    PostgresStore::connect_config(config.clone(), options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_speaks_tls_to_servers_whose_certificate_it_trusts() {
    let Some(database) = database().await else {
        return;
    };
    let Some(Host::Unix(folder)) = database.config().get_hosts().first() else {
        return;
    };
    let (server, tls) = (folder.join(".s.PGSQL.5432"), acceptor());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, tls.clone(), server.clone()));
        }
    });
    let mut config = Config::new();
    config
        .host("localhost")
        .hostaddr([127, 0, 0, 1].into())
        .port(port)
        .user("postgres")
        .dbname(database.name());

    for mode in [SslMode::Prefer, SslMode::Require] {
        config.ssl_mode(mode);
        let store = connect(&config, AUTHORITY).await.expect("it is trusted");
        put(&store, &format!("{mode:?}"), 0, 2).await;
        assert!(visible(&store).await >= 2);
        let refused = connect(&config, STRANGER).await.expect_err("a stranger");
        assert_eq!(*refused.kind(), ErrorKind::Unavailable);
        assert!(refused.to_string().contains("certificate"), "{refused}");
    }
    // By another name the certificate isn't the server's.
    let mut elsewhere = Config::new();
    elsewhere
        .host("db.example")
        .hostaddr([127, 0, 0, 1].into())
        .port(port)
        .user("postgres")
        .dbname(database.name())
        .ssl_mode(SslMode::Require);
    let refused = connect(&elsewhere, AUTHORITY).await;
    let refused = refused.expect_err("another name");
    assert!(refused.to_string().contains("certificate"), "{refused}");

    let refused = connect(&config, b"no certificate").await;
    let refused = refused.expect_err("there are no roots");
    assert_eq!(*refused.kind(), ErrorKind::InvalidConfiguration);
}

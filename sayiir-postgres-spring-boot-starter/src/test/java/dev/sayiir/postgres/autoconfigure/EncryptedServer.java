package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A database on a server that has a certificate, until it is closed. The certificate is the server's own, so that whoever
 * trusts the server trusts {@code server.crt}. Tests that do without encryption are not on this server.
 */
final class EncryptedServer implements AutoCloseable {

    /** Of every key store. */
    static final String PASSWORD = "changeit";

    private final Database database = PostgresServer.durable(17).newDatabase();
    private final Path folder;

    /**
     * @param folder where certificates and keys are left, for those who are to trust them
     */
    EncryptedServer(Path folder) throws Exception {
        this.folder = folder;
        String host = URI.create(database.url().substring("jdbc:".length())).getHost();
        newCertificate("server", host);
        writeByServer("server.key");
        writeByServer("server.crt");
        set("ssl", "on");
    }

    Database database() {
        return database;
    }

    /** Lets clients show certificates, and knows this one. */
    void trust(String certificate) throws Exception {
        writeByServer(certificate);
        set("ssl_ca_file", certificate);
    }

    @Override
    public void close() {
        set("ssl", "off");
        set("ssl_ca_file", "");
        database.close();
    }

    private void set(String setting, String value) {
        admin().execute("ALTER SYSTEM SET " + setting + " = '" + value + "'");
        admin().execute("SELECT pg_reload_conf()");
        await().until(() -> admin().queryForObject("SHOW " + setting, String.class), value::equals);
    }

    private JdbcTemplate admin() {
        return new JdbcTemplate(database.dataSource());
    }

    /** Makes the files {@code name.crt}, {@code name.key} and {@code name-trust.p12}, a store of the certificate alone. */
    void newCertificate(String name, String host) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).as(() -> "keytool, see " + folder).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        write(
                name + ".key",
                "PRIVATE KEY",
                keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
        write(name + ".crt", "CERTIFICATE", keys.getCertificate(name).getEncoded());
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry(name, keys.getCertificate(name));
        try (OutputStream out = Files.newOutputStream(folder.resolve(name + "-trust.p12"))) {
            trust.store(out, PASSWORD.toCharArray());
        }
    }

    private void write(String file, String kind, byte[] content) throws Exception {
        Files.writeString(
                folder.resolve(file),
                "-----BEGIN " + kind + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                        + "\n-----END " + kind + "-----\n");
    }

    /** Into its data directory, wherever that is, and readable by nobody else: otherwise it would not take the key. */
    private void writeByServer(String file) throws Exception {
        String lines = String.join("'), ('", Files.readAllLines(folder.resolve(file)));
        admin().execute("COPY (VALUES ('" + lines + "')) TO PROGRAM 'umask 077; cat > " + file + "'");
    }
}

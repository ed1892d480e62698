package dev.sayiir.postgres.autoconfigure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslOptions;

/**
 * Lets PostgreSQL's JDBC driver connect with an SSL bundle of Spring Boot ({@code spring.ssl.bundle}). The pool of
 * {@code sayiir.postgres.url} is told to by {@code sayiir.postgres.ssl.bundle}; any other is by settings of the driver:
 *
 * <pre>{@code
 * spring.datasource.hikari.data-source-properties:
 *   sslmode: verify-full
 *   sslfactory: dev.sayiir.postgres.autoconfigure.SslBundleSocketFactory
 *   sslfactoryarg: name-of-the-bundle
 * }</pre>
 *
 * The driver makes one for each connection, so that a new connection uses a bundle as it was last reloaded. It is
 * {@code sslmode} that says whether the server has to encrypt and to be the one that its certificate is for.
 */
public final class SslBundleSocketFactory extends SSLSocketFactory {

    private final SSLSocketFactory sockets;
    private final SslOptions options;

    /**
     * Called by the driver.
     *
     * @param bundle the name of the bundle; of several application contexts that have one of that name, the one counts that
     *     was started last
     * @throws RuntimeException if no application context has it, or its content cannot be used
     */
    public SslBundleSocketFactory(@Nullable String bundle) {
        SslBundle found = ContextSslBundles.find(bundle);
        this.sockets = found.createSslContext().getSocketFactory();
        this.options = found.getOptions();
    }

    @Override
    public String[] getDefaultCipherSuites() {
        String[] ciphers = options.getCiphers();
        return ciphers == null ? sockets.getDefaultCipherSuites() : ciphers;
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return sockets.getSupportedCipherSuites();
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return withOptions(sockets.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return withOptions(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return withOptions(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return withOptions(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return withOptions(sockets.createSocket(address, port, localAddress, localPort));
    }

    private Socket withOptions(Socket socket) {
        SSLSocket ssl = (SSLSocket) socket;
        if (options.getCiphers() != null) {
            ssl.setEnabledCipherSuites(options.getCiphers());
        }
        if (options.getEnabledProtocols() != null) {
            ssl.setEnabledProtocols(options.getEnabledProtocols());
        }
        return ssl;
    }
}

package dev.sayiir.testing;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between a client and a PostgreSQL server, and loses on demand what they say to each other. It listens on the
 * loopback interface.
 */
public final class CuttingProxy implements AutoCloseable {

    /** What is lost before the connection is cut. */
    public enum Loss {
        /** The server never hears of the request. */
        REQUEST,
        /** The server has done what it was asked for, and the client does not learn of it. */
        ANSWER,
        /** The same, and the last that the client hears is that an administrator has ended the connection. */
        ANSWER_TO_FAREWELL
    }

    private static final Logger LOG = LoggerFactory.getLogger(CuttingProxy.class);
    private static final byte[] READY_FOR_QUERY = {'Z', 0, 0, 0, 5};

    private final InetSocketAddress server;
    private final AtomicInteger requestsLeft = new AtomicInteger(-1);
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile Loss loss = Loss.REQUEST;
    private final int port;
    private volatile ServerSocket listener;

    private CuttingProxy(InetSocketAddress server) {
        this.server = server;
        this.listener = listen(0);
        this.port = listener.getLocalPort();
    }

    /**
     * @param url a JDBC URL of the server
     * @return a proxy of it
     */
    public static CuttingProxy before(String url) {
        URI uri = URI.create(url.substring("jdbc:".length()));
        return new CuttingProxy(new InetSocketAddress(uri.getHost(), uri.getPort()));
    }

    /**
     * @param url a JDBC URL of the server
     * @return the same, through this proxy
     */
    public String through(String url) {
        return url.replaceFirst("//[^/]+/", "//localhost:" + port + "/");
    }

    /**
     * Cuts the connection at a request to come.
     *
     * @param what what is lost of it
     * @param skipped how many requests pass before it
     */
    public void loseNext(Loss what, int skipped) {
        loss = what;
        requestsLeft.set(skipped);
    }

    /** @return how many more requests would have passed; negative if the connection has been cut */
    public int disarm() {
        return requestsLeft.getAndSet(-1);
    }

    /** Cuts all connections, whatever goes on in them. The server may not notice before it answers. */
    public void cutAll() {
        links.forEach(Link::close);
    }

    /** Lets no more connections in; those that there are stay. */
    public void refuse() {
        closeQuietly(listener);
    }

    /** Lets connections in again. */
    public void accept() {
        listener = listen(port);
    }

    @Override
    public void close() {
        refuse();
        cutAll();
    }

    private ServerSocket listen(int wanted) {
        try {
            ServerSocket opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(new InetSocketAddress("localhost", wanted));
            start("accept", () -> {
                while (true) {
                    new Link(opened.accept()).open();
                }
            });
            return opened;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on port " + wanted, e);
        }
    }

    private @Nullable Loss ofNextRequest() {
        return requestsLeft.getAndUpdate(left -> left < 0 ? left : left - 1) == 0 ? loss : null;
    }

    /** One client's way to the server. */
    private final class Link {

        private final Socket client;
        private final Socket target = new Socket();
        private boolean asking;
        private @Nullable Loss lost;

        Link(Socket client) {
            this.client = client;
        }

        void open() throws IOException {
            links.add(this);
            target.connect(server);
            start("requests", () -> pump(client.getInputStream(), this::request));
            start("answers", () -> pump(target.getInputStream(), this::answer));
        }

        private synchronized void request(byte[] bytes) throws IOException {
            if (!asking) {
                asking = true;
                lost = ofNextRequest();
            }
            if (lost == Loss.REQUEST) {
                throw new EOFException("The request is lost here");
            }
            target.getOutputStream().write(bytes);
        }

        /** What was asked for is done when the server is ready for more. */
        private synchronized void answer(byte[] bytes) throws IOException {
            asking = false;
            if (lost != Loss.ANSWER && lost != Loss.ANSWER_TO_FAREWELL) {
                client.getOutputStream().write(bytes);
            } else if (isReadyForQuery(bytes)) {
                if (lost == Loss.ANSWER_TO_FAREWELL) {
                    client.getOutputStream().write(farewell());
                }
                throw new EOFException("The answer is lost here");
            }
        }

        private void pump(InputStream in, Sink sink) throws IOException {
            byte[] buffer = new byte[64 * 1024];
            try {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    sink.accept(Arrays.copyOf(buffer, read));
                }
            } finally {
                close();
            }
        }

        void close() {
            links.remove(this);
            closeQuietly(client);
            closeQuietly(target);
        }
    }

    /** The error message of the protocol: its length, then fields that begin with a letter and end with a zero. */
    private static byte[] farewell() {
        byte[] fields = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
                .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(1 + Integer.BYTES + fields.length)
                .put((byte) 'E')
                .putInt(Integer.BYTES + fields.length)
                .put(fields)
                .array();
    }

    private static boolean isReadyForQuery(byte[] bytes) {
        int start = bytes.length - READY_FOR_QUERY.length - 1;
        return start >= 0 && Arrays.equals(bytes, start, bytes.length - 1, READY_FOR_QUERY, 0, READY_FOR_QUERY.length);
    }

    private interface Sink {
        void accept(byte[] bytes) throws IOException;
    }

    private interface Loop {
        void run() throws IOException;
    }

    /** Every loop here ends with the failure of a socket that has been closed, by either side or by this proxy. */
    private static void start(String name, Loop loop) {
        Thread thread = new Thread(
                () -> {
                    try {
                        loop.run();
                    } catch (IOException e) {
                        LOG.trace("The connection is cut", e);
                    }
                },
                "cutting-proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.trace("A socket was broken already", e);
        }
    }
}

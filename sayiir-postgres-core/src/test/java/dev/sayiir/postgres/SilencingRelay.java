package dev.sayiir.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Passes connections on to a server, and can become silent: connections stay open, and nothing comes through any more. */
final class SilencingRelay implements AutoCloseable {

    private final ServerSocket entrance;
    private final int serverPort;
    private final List<Line> lines = new CopyOnWriteArrayList<>();

    SilencingRelay(int serverPort) throws IOException {
        this.serverPort = serverPort;
        this.entrance = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    int port() {
        return entrance.getLocalPort();
    }

    /** Those who are connected now hear nothing more; who connects later is not affected. */
    void silence() {
        lines.forEach(line -> line.silent = true);
    }

    private void accept() throws IOException {
        while (true) {
            Line line = new Line(entrance.accept(), new Socket(InetAddress.getLoopbackAddress(), serverPort));
            lines.add(line);
            start(() -> line.pass(line.client, line.server));
            start(() -> line.pass(line.server, line.client));
        }
    }

    @Override
    public void close() throws IOException {
        entrance.close();
        for (Line line : lines) {
            line.client.close();
            line.server.close();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (SocketException closed) {
                // As happens at the end of either side.
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static final class Line {

        private final Socket client;
        private final Socket server;
        private volatile boolean silent;

        Line(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pass(Socket from, Socket to) throws IOException {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8192];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (!silent) {
                    out.write(buffer, 0, length);
                }
            }
            to.shutdownOutput();
        }
    }
}

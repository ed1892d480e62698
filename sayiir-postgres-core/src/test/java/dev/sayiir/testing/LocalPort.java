package dev.sayiir.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A port of the loopback interface. */
record LocalPort(int number) {

    /** One that nobody listens to, as yet. */
    static LocalPort free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return new LocalPort(socket.getLocalPort());
        }
    }

    boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), number)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}

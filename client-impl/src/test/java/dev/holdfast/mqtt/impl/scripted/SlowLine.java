package dev.holdfast.mqtt.impl.scripted;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One connection to a server of this machine, on which the server's bytes can be slow. */
final class SlowLine implements AutoCloseable {
    private static final int SLOW_BYTES = 100;
    private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final Socket server;
    private volatile boolean slow;

    SlowLine(int serverPort) throws IOException {
        server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        start(this::carry);
    }

    int port() {
        return listening.getLocalPort();
    }

    /** From now on 1,000 bytes per second reach the client. */
    void slowDown() {
        slow = true;
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "slow line");
        thread.setDaemon(true);
        thread.start();
    }

    private void carry() {
        try (Socket client = listening.accept()) {
            start(() -> copy(client, server));
            copy(server, client);
        } catch (IOException e) {
            // The test is over.
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] some = new byte[SLOW_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                if (slow && from == server) {
                    LockSupport.parkNanos(SLOW_NANOS);
                }
                out.write(some, 0, n);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // The test is over.
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        server.close();
    }
}

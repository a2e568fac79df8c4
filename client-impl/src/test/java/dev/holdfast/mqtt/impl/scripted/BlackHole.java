package dev.holdfast.mqtt.impl.scripted;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * An address that neither accepts nor refuses: a listening socket whose queue is full, so that the
 * system drops what comes.
 */
final class BlackHole implements AutoCloseable {
    private static final int MOST_QUEUED = 64;
    private static final int LONG_ENOUGH_MILLIS = 300;

    private final ServerSocket socket;
    private final List<Socket> queued = new ArrayList<>();

    BlackHole() throws IOException {
        socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        boolean full = false;
        while (!full && queued.size() < MOST_QUEUED) {
            Socket filler = new Socket();
            queued.add(filler);
            try {
                filler.connect(socket.getLocalSocketAddress(), LONG_ENOUGH_MILLIS);
            } catch (SocketTimeoutException e) {
                full = true;
            }
        }
        assumeTrue(full, "This system accepts connections without end");
    }

    URI uri() {
        return URI.create("mqtt://127.0.0.1:" + socket.getLocalPort());
    }

    @Override
    public void close() throws IOException {
        for (Socket filler : queued) {
            filler.close();
        }
        socket.close();
    }
}

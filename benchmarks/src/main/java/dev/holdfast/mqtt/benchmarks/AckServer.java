package dev.holdfast.mqtt.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A server that does nothing but acknowledge, and send on request, so that the clients are what is
 * measured. It trusts its clients, keeps no session, and uses one thread for each connection.
 * Prints its port, and the CPU time it has used, in nanoseconds, for each line it reads.
 */
public final class AckServer {
    private AckServer() {}

    /** Runs until the standard input ends. */
    public static void main(String[] args) throws IOException {
        ServerSocketChannel listening = ServerSocketChannel.open();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread acceptor = new Thread(() -> accept(listening), "acceptor");
        acceptor.setDaemon(true);
        acceptor.start();
        System.out.println(((InetSocketAddress) listening.getLocalAddress()).getPort());
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (lines.readLine() != null) {
            System.out.println(system.getProcessCpuTime());
        }
    }

    private static void accept(ServerSocketChannel listening) {
        try {
            while (true) {
                SocketChannel channel = listening.accept();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                Thread thread = new Thread(new AckConnection(channel), "connection");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            throw new IllegalStateException("The server cannot accept connections", e);
        }
    }
}

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
import java.util.List;

/**
 * A server that does nothing but acknowledge, count, and send on request, so that the clients are
 * what is measured. It trusts its clients, and uses one thread for each connection. Of sessions it
 * knows no more than the Client Identifiers. Prints its port, and its {@link Counts} for each line
 * it reads.
 */
public final class AckServer {
    /** The argument that has it expect messages to begin with numbers that count up from 1. */
    static final String NUMBERED = "numbered";

    private static final int BACKLOG = 4_096;
    private static final int STACK_BYTES = 256 << 10;

    private AckServer() {}

    /** Runs until the standard input ends. */
    public static void main(String[] args) throws IOException {
        Tally tally = new Tally();
        System.out.println(start(tally, List.of(args).contains(NUMBERED)));
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        while (lines.readLine() != null) {
            System.out.println(tally.counts(system.getProcessCpuTime()).toLine());
        }
    }

    /** Runs in threads of this process, as long as it does; returns the port. */
    static int start(Tally tally, boolean numbered) throws IOException {
        ServerSocketChannel listening = ServerSocketChannel.open();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        Thread acceptor = new Thread(() -> accept(listening, tally, numbered), "acceptor");
        acceptor.setDaemon(true);
        acceptor.start();
        return ((InetSocketAddress) listening.getLocalAddress()).getPort();
    }

    private static void accept(ServerSocketChannel listening, Tally tally, boolean numbered) {
        try {
            while (true) {
                SocketChannel channel = listening.accept();
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                AckConnection connection = new AckConnection(channel, tally, numbered);
                Thread thread = new Thread(null, connection, "connection", STACK_BYTES);
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            System.err.println("The server cannot accept connections any more: " + e);
            Runtime.getRuntime().halt(1);
        }
    }
}

package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.impl.transport.NettyNetwork;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that all clients of a process share; they come with the first client and go with the
 * last.
 */
final class SharedThreads {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.client");
    private static final int LOOPS = Math.min(4, Runtime.getRuntime().availableProcessors());
    private static final int LASTING_CALLBACK_THREADS = 4;
    private static final long LONGEST_IDLE_SECONDS = 60;
    private static final long LONGEST_END_MILLIS = 1_000;

    private static @Nullable SharedThreads current;
    private static int users;

    /** Made when first asked for, since clients may bring their own. */
    private @Nullable EventLoopGroup loops;

    private boolean ended;

    /**
     * Several, of which the one that has waited longest is next: one alone would meet the loop at
     * each single message, waking it just as it goes to sleep. More when callbacks block.
     */
    private final ExecutorService callbacks =
            new ThreadPoolExecutor(
                    LASTING_CALLBACK_THREADS,
                    Integer.MAX_VALUE,
                    LONGEST_IDLE_SECONDS,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(true),
                    new DefaultThreadFactory("holdfast-callback", true));

    private SharedThreads() {}

    static synchronized SharedThreads acquire() {
        users++;
        if (current == null) {
            current = new SharedThreads();
        }
        return current;
    }

    /**
     * Has another thread make the loops and load the classes of a connection, while the caller does
     * what else a first client needs, such as opening a store.
     */
    void prepareLoops() {
        if (loops() == null) {
            callbacks.execute(
                    () -> {
                        try {
                            if (prepare()) {
                                NettyNetwork.load();
                            }
                        } catch (RuntimeException e) {
                            LOG.debug("The first client will meet this too, and tell it", e);
                        }
                    });
        }
    }

    /** Not after the end: nobody would end what is made then. */
    private synchronized boolean prepare() {
        if (!ended) {
            nextLoop();
        }
        return !ended;
    }

    synchronized EventLoop nextLoop() {
        EventLoopGroup group = loops;
        if (group == null) {
            group =
                    new MultiThreadIoEventLoopGroup(
                            LOOPS,
                            new DefaultThreadFactory("holdfast-loop", true),
                            NioIoHandler.newFactory());
            loops = group;
        }
        return group.next();
    }

    /** For callbacks of the application, and for whatever may block. */
    ExecutorService callbacks() {
        return callbacks;
    }

    private synchronized @Nullable EventLoopGroup loops() {
        return loops;
    }

    private synchronized @Nullable EventLoopGroup end() {
        ended = true;
        return loops;
    }

    /** Ends the threads with their last user, and waits for them, but not from one of them. */
    void release() {
        synchronized (SharedThreads.class) {
            if (--users > 0) {
                return;
            }
            current = null;
        }
        EventLoopGroup group = end();
        if (group != null) {
            group.shutdownGracefully(0, LONGEST_END_MILLIS, TimeUnit.MILLISECONDS);
        }
        callbacks.shutdown();
        if (Thread.currentThread().getName().startsWith("holdfast-")) {
            return;
        }
        try {
            if (group != null) {
                group.awaitTermination(LONGEST_END_MILLIS, TimeUnit.MILLISECONDS);
            }
            callbacks.awaitTermination(LONGEST_END_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package dev.holdfast.mqtt.impl.client;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** A {@link Loop} on an event loop of Netty. */
final class NettyLoop implements Loop {
    private final EventLoop loop;

    NettyLoop(EventLoop loop) {
        this.loop = loop;
    }

    @Override
    public void execute(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!loop.isShutdown()) {
                throw e; // its queue is bounded, and full
            }
            // The loop has ended before what uses it, or with the last client: who comes too late
            // still gets an answer. Not on its own thread, where it would meet others, and the
            // loop's last tasks: when the loop's thread is gone, Netty's one thread for such things
            // runs one task after the other, in their order.
            loop.terminationFuture().addListener(ended -> task.run());
        }
    }

    @Override
    public Timer schedule(Runnable task, long delay) {
        if (loop.isShuttingDown()) {
            // It would be taken, and never run.
            throw new RejectedExecutionException("the event loop is shutting down");
        }
        ScheduledFuture<?> timer = loop.schedule(task, delay, TimeUnit.MILLISECONDS);
        return () -> timer.cancel(false);
    }

    @Override
    public long now() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @Override
    public long wallClock() {
        return System.currentTimeMillis();
    }
}

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
            // The last client was closed, and the loop's thread is gone: a call that came too late
            // still gets its answer, from the thread of its caller.
            task.run();
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

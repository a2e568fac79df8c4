package dev.holdfast.mqtt.impl.client;

/** The one thread that owns a client's session; shared by many clients. */
interface Loop {
    /**
     * Runs a task on the loop, later; from any thread. Elsewhere when the loop is gone, but never
     * beside another task of it, and in their order.
     */
    void execute(Runnable task);

    /**
     * Runs a task on the loop after a delay in milliseconds, unless it is cancelled before; called
     * on the loop.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop is about to end
     */
    Timer schedule(Runnable task, long delay);

    /** Milliseconds of a clock that never goes back. */
    long now();

    /** Milliseconds since 1970. */
    long wallClock();

    /** A task that waits for its time. */
    interface Timer {
        void cancel();
    }
}

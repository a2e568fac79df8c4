package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.DefaultEventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What comes to a loop that has ended, as the application's may before the client. */
class NettyLoopTest {
    private static final int PATIENCE_SECONDS = 20;

    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);

    /** Its thread is not gone yet when it takes nothing any more. */
    private final DefaultEventLoop ended =
            new DefaultEventLoop() {
                @Override
                protected void cleanup() {
                    ending.countDown();
                    await(mayEnd);
                }
            };

    private final NettyLoop loop = new NettyLoop(ended);

    /** Touched as what belongs to a loop is: by one task after the other. */
    private final List<String> ran = new ArrayList<>();

    private final CountDownLatch lastRan = new CountDownLatch(1);

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "in vain");
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting", e);
        }
    }

    private void end() {
        ended.submit(() -> {}); // or it would have no thread
        ended.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        await(ending);
    }

    @AfterEach
    void letItEnd() {
        mayEnd.countDown();
    }

    @Test
    void tasksThatComeTooLateRunOneAfterTheOtherInTheirOrder() throws InterruptedException {
        CountDownLatch inFirst = new CountDownLatch(1);
        CountDownLatch secondCame = new CountDownLatch(1);
        end();
        mayEnd.countDown();
        assertTrue(ended.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS));
        Thread early =
                new Thread(
                        () ->
                                loop.execute(
                                        () -> {
                                            inFirst.countDown();
                                            await(secondCame);
                                            ran.add("first");
                                        }));
        early.start();
        await(inFirst);

        loop.execute(() -> ran.add("second"));
        secondCame.countDown();
        loop.execute(lastRan::countDown);
        await(lastRan);
        early.join();

        assertEquals(List.of("first", "second"), ran);
    }

    @Test
    void taskThatComesTooLateDoesNotRunBesideTheLastOfTheLoop() {
        end();

        loop.execute(() -> ran.add(ended.isTerminated() ? "after its end" : "before its end"));
        loop.execute(lastRan::countDown);
        assertFalse(ended.isTerminated());
        mayEnd.countDown();
        await(lastRan);

        assertEquals(List.of("after its end"), ran);
    }
}

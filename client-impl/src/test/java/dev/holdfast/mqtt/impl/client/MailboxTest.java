package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.client.Driver.Input;
import dev.holdfast.mqtt.impl.session.Session;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputsTest {
    private static final int THREADS = 4;
    private static final int OF_EACH = 50_000;

    private final Inputs inputs = new Inputs();

    private record Numbered(int thread, int number) implements Input {
        @Override
        public void feed(Session session) {
            throw new AssertionError("nobody feeds it");
        }
    }

    @Test
    void givesThemOutInTheirOrder() {
        List<Input> all = new ArrayList<>();
        List<Input> out = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            Numbered input = new Numbered(0, i);
            all.add(input);
            inputs.add(input);
            if (i % 7 == 0) {
                out.add(inputs.poll());
            }
        }
        while (!inputs.isEmpty()) {
            out.add(inputs.poll());
        }

        assertEquals(all, out);
        assertNull(inputs.poll());
    }

    @Test
    void isEmptyOnlyWhenAllWereTaken() {
        assertTrue(inputs.isEmpty());
        Numbered one = new Numbered(0, 1);
        Numbered two = new Numbered(0, 2);
        inputs.add(one);
        inputs.add(two);
        assertFalse(inputs.isEmpty());
        assertSame(one, inputs.poll());
        assertFalse(inputs.isEmpty());
        assertSame(two, inputs.poll());
        assertTrue(inputs.isEmpty());
    }

    @Test
    void keepsTheOrderOfEachThread() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            threads.add(
                    new Thread(
                            () -> {
                                for (int i = 0; i < OF_EACH; i++) {
                                    inputs.add(new Numbered(thread, i));
                                }
                            }));
        }
        threads.forEach(Thread::start);
        int[] next = new int[THREADS];
        for (int taken = 0; taken < THREADS * OF_EACH; ) {
            Input input = inputs.poll();
            if (input instanceof Numbered n) {
                assertEquals(next[n.thread()]++, n.number());
                taken++;
            } else {
                assertNull(input);
                Thread.onSpinWait();
            }
        }
        for (Thread t : threads) {
            t.join();
        }
        assertTrue(inputs.isEmpty());
    }
}

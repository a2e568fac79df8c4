package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MailboxTest {
    private static final int THREADS = 4;
    private static final int OF_EACH = 50_000;

    private final Mailbox<Numbered> mailbox = new Mailbox<>();

    private record Numbered(int thread, int number) {}

    @Test
    void givesThemOutInTheirOrder() {
        List<Numbered> all = new ArrayList<>();
        List<Numbered> out = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            Numbered one = new Numbered(0, i);
            all.add(one);
            mailbox.add(one);
            if (i % 7 == 0) {
                out.add(mailbox.poll());
            }
        }
        while (!mailbox.isEmpty()) {
            out.add(mailbox.poll());
        }

        assertEquals(all, out);
        assertNull(mailbox.poll());
    }

    @Test
    void isEmptyOnlyWhenAllWereTaken() {
        assertTrue(mailbox.isEmpty());
        Numbered one = new Numbered(0, 1);
        Numbered two = new Numbered(0, 2);
        mailbox.add(one);
        mailbox.add(two);
        assertFalse(mailbox.isEmpty());
        assertSame(one, mailbox.poll());
        assertFalse(mailbox.isEmpty());
        assertSame(two, mailbox.poll());
        assertTrue(mailbox.isEmpty());
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
                                    mailbox.add(new Numbered(thread, i));
                                }
                            }));
        }
        threads.forEach(Thread::start);
        int[] next = new int[THREADS];
        for (int taken = 0; taken < THREADS * OF_EACH; ) {
            Numbered n = mailbox.poll();
            if (n != null) {
                assertEquals(next[n.thread()]++, n.number());
                taken++;
            } else {
                Thread.onSpinWait();
            }
        }
        for (Thread t : threads) {
            t.join();
        }
        assertTrue(mailbox.isEmpty());
    }

    @Test
    void letsGoOfWhatIsUnwantedButForWhatTheTakerHasAtHand() {
        for (int i = 0; i < 3; i++) {
            mailbox.add(new Numbered(0, i));
        }
        assertEquals(0, mailbox.poll().number());
        for (int i = 3; i < 7; i++) {
            mailbox.add(new Numbered(0, i));
        }

        mailbox.removeIf(n -> n.number() % 2 == 1);

        List<Integer> left = new ArrayList<>();
        for (Numbered n = mailbox.poll(); n != null; n = mailbox.poll()) {
            left.add(n.number());
        }
        assertEquals(List.of(1, 2, 4, 6), left);
    }
}

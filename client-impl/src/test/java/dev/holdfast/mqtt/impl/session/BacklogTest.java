package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The window on a queue of which most is in the store. */
class BacklogTest {
    private static final Message MESSAGE = Message.to("a").qos(QoS.AT_LEAST_ONCE).build();

    private static List<OutgoingMessage> page(long... sequences) {
        return LongStream.of(sequences)
                .mapToObj(s -> OutgoingMessage.queued(s, MESSAGE, OutgoingMessage.NEVER))
                .toList();
    }

    private static long takeFirst(Backlog backlog) {
        Outgoing first = assertNotNullFirst(backlog);
        backlog.remove(first);
        return first.sequence;
    }

    private static Outgoing assertNotNullFirst(Backlog backlog) {
        Outgoing first = backlog.first();
        assertNotNull(first);
        return first;
    }

    @Test
    void messageRemovedWhileItsPageIsOnItsWayDoesNotComeBack() {
        Backlog backlog = new Backlog(3);
        assertEquals(0, backlog.nextPage());
        backlog.removeFromStore(2);

        backlog.loaded(page(1, 2, 3));

        assertEquals(1, takeFirst(backlog));
        assertEquals(3, takeFirst(backlog));
        assertEquals(Ready.NO_READ, backlog.nextPage());
    }

    @Test
    void pageOfWhichNothingIsLeftIsFollowedByTheNext() {
        Backlog backlog = new Backlog(3);
        backlog.nextPage();
        backlog.removeFromStore(1);
        backlog.removeFromStore(2);

        backlog.loaded(page(1, 2));

        assertEquals(2, backlog.nextPage());
        backlog.loaded(page(3));
        assertEquals(3, takeFirst(backlog));
    }

    @Test
    void messageRemovedBeforeItsPageWasAskedForIsNotExpected() {
        Backlog backlog = new Backlog(2);
        backlog.removeFromStore(1);
        backlog.nextPage();

        backlog.loaded(page(2));

        assertEquals(2, takeFirst(backlog));
    }

    @Test
    void messageAddedWhileAPageIsOnItsWayOfWhichNothingIsLeftComesBehindThatPage() {
        Backlog backlog = new Backlog(1);
        backlog.nextPage();
        backlog.removeFromStore(1);
        backlog.add(new Outgoing(2, MESSAGE, OutgoingMessage.NEVER));

        backlog.loaded(page(1));

        assertEquals(1, backlog.nextPage());
        backlog.loaded(page(2));
        assertEquals(2, takeFirst(backlog));
        assertEquals(Ready.NO_READ, backlog.nextPage());
    }

    @Test
    void pageThatBringsTooMuchIsABug() {
        Backlog backlog = new Backlog(1);
        backlog.nextPage();

        assertThrows(IllegalStateException.class, () -> backlog.loaded(page(1, 2)));
    }
}

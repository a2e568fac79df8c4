package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

class PubrecRemarksTest {
    private static final int MOST = (int) PubrecRemarks.MOST_CHARACTERS;
    private static final List<UserProperty> A_B = List.of(new UserProperty("a", "b"));

    private final PubrecRemarks remarks = new PubrecRemarks();

    private static Outgoing outgoing(long sequence) {
        return new Outgoing(sequence, Message.to("t").build(), OutgoingMessage.NEVER);
    }

    @Test
    void givesEachPublicationItsOwnOnce() {
        Outgoing one = outgoing(1);
        Outgoing two = outgoing(2);
        Outgoing silent = outgoing(3);
        remarks.keep(one, "taken", List.of());
        remarks.keep(two, null, A_B);
        remarks.keep(silent, null, List.of());
        assertEquals(Remarks.of(A_B), remarks.take(two));
        assertEquals(Remarks.of("taken"), remarks.take(one));
        assertNull(remarks.take(one));
        assertNull(remarks.take(silent));
    }

    /** A server must not fill the memory with what it says. */
    @Test
    void keepsNoMoreThanThereIsRoomForUntilSomeIsTaken() {
        Outgoing[] all = new Outgoing[MOST / 65_536];
        for (int i = 0; i < all.length; i++) {
            all[i] = outgoing(i);
            remarks.keep(all[i], "w".repeat(65_535), List.of());
        }
        Outgoing last = outgoing(all.length);
        remarks.keep(last, "w".repeat(all.length + 1), List.of());
        assertNull(remarks.take(last));
        remarks.keep(last, "w".repeat(all.length - 3), A_B);
        assertEquals(A_B, remarks.take(last).userProperties());
        remarks.take(all[0]);
        remarks.keep(last, "w".repeat(65_535), List.of());
        assertEquals(65_535, remarks.take(last).reasonString().orElseThrow().length());
    }
}

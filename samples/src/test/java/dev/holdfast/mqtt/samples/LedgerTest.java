package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LedgerTest {
    @Test
    void countsAsLostWhatWasStoredAndDidNotArrive() {
        Ledger ledger = ledger("published 1 1", "stored 1 1", "published 2 1", "stored 2 1");
        assertEquals(1, ledger.lost(1));
        assertEquals(1, ledger.lost(2));
        assertFalse(ledger.isComplete());
        ledger.add("received 1 1 1 first");
        ledger.add("received 2 1 2 first");
        assertEquals(0, ledger.lost(1));
        assertEquals(0, ledger.lost(2));
        assertTrue(ledger.isComplete());
    }

    @Test
    void countsAsLostWhatWasAcknowledgedAndDidNotArrive() {
        assertEquals(1, ledger("published 2 1", "acknowledged 2 1").lost(2));
    }

    @Test
    void promisesNothingBeforeStoredHasCompleted() {
        Ledger ledger =
                ledger("published 1 1", "published 2 1", "published 2 2", "received 2 2 5 first");
        assertEquals(0, ledger.lost(1));
        assertEquals(0, ledger.lost(2));
        assertEquals(2, ledger.unsure(2));
        assertEquals(1, ledger.unsureAndReceived(2));
    }

    @Test
    void countsTwoDeliveryIdsOfAQos2MessageAsADuplicate() {
        Ledger ledger = ledger("published 2 1", "received 2 1 10 first", "received 2 1 11 again");
        assertEquals(1, ledger.duplicated(2));
        assertEquals(1, ledger.received(2));
        assertEquals(0, ledger.handedOverAgain());
    }

    @Test
    void takesAQos2MessageHandedOverAgainUnderItsIdForTheSame() {
        Ledger ledger = ledger("published 2 1", "received 2 1 10 first", "received 2 1 10 again");
        assertEquals(0, ledger.duplicated(2));
        assertEquals(1, ledger.handedOverAgain());
        assertEquals(List.of(), ledger.failures());
    }

    @Test
    void countsEveryFurtherDeliveryAtQos1() {
        Ledger ledger =
                ledger(
                        "published 1 1",
                        "received 1 1 10 first",
                        "received 1 1 11 again",
                        "received 1 1 12 again");
        assertEquals(2, ledger.duplicated(1));
        assertEquals(1, ledger.received(1));
    }

    @Test
    void findsADeliveryIdThatNamesTwoMessages() {
        Ledger ledger =
                ledger(
                        "published 2 1",
                        "published 2 2",
                        "received 2 1 10 first",
                        "received 2 2 10 first");
        assertEquals(1, ledger.failures().size());
    }

    @Test
    void findsAMessageThatNobodyPublished() {
        assertEquals(1, ledger("received 1 7 1 first").failures().size());
    }

    @Test
    void reportsAPublicationThatFailed() {
        assertEquals(
                List.of("failed 1 1 the server said no"),
                ledger("published 1 1", "failed 1 1 the server said no").failures());
    }

    private static Ledger ledger(String... lines) {
        Ledger ledger = new Ledger();
        Stream.of(lines).forEach(ledger::add);
        return ledger;
    }
}

package dev.holdfast.mqtt.samples;

import java.time.Duration;

/**
 * Shows how the crash-and-resume recipe goes on: a line that changes on a terminal, lines
 * elsewhere.
 */
final class Progress {
    private static final boolean TERMINAL = Boolean.getBoolean("samples.terminal");
    private static final Duration REFRESH = Duration.ofMillis(TERMINAL ? 200 : 2_000);

    private final Ledger ledger;
    private final int plannedKills;
    private final long start = System.nanoTime();
    private long lastShown = start;
    private long lastChange = start;
    private int lastTotal;
    private int kills;
    private boolean lineIsOpen;

    Progress(Ledger ledger, int plannedKills) {
        this.ledger = ledger;
        this.plannedKills = plannedKills;
    }

    /** Notes what has changed, and shows it if the last time is a while ago. */
    void show() {
        long now = System.nanoTime();
        int total = published() + acknowledged() + received();
        if (total != lastTotal) {
            lastTotal = total;
            lastChange = now;
        }
        if (now - lastShown >= REFRESH.toNanos()) {
            lastShown = now;
            printStatus();
        }
    }

    /** The time since a message last moved. */
    Duration sinceLastChange() {
        return Duration.ofNanos(System.nanoTime() - lastChange);
    }

    /** Prints a line that stays. */
    void event(String text) {
        closeLine();
        if (text.startsWith("kill")) {
            kills++;
        }
        System.out.printf("%s  %s%n", time(), text);
        lastChange = System.nanoTime();
    }

    void end() {
        printStatus();
        closeLine();
        System.out.println();
    }

    private void printStatus() {
        String status =
                "%s  published %,d  acknowledged %,d  received %,d  kills %d of %d"
                        .formatted(
                                time(),
                                published(),
                                acknowledged(),
                                received(),
                                kills,
                                plannedKills);
        if (TERMINAL) {
            System.out.print("\r" + status + "  ");
            lineIsOpen = true;
        } else {
            System.out.println(status);
        }
    }

    private void closeLine() {
        if (lineIsOpen) {
            System.out.print("\r" + " ".repeat(79) + "\r");
            lineIsOpen = false;
        }
    }

    private int published() {
        return ledger.published(1) + ledger.published(2);
    }

    private int acknowledged() {
        return ledger.acknowledged(1) + ledger.acknowledged(2);
    }

    private int received() {
        return ledger.received(1) + ledger.received(2);
    }

    private String time() {
        return "%6.1f s".formatted((System.nanoTime() - start) / 1e9);
    }
}

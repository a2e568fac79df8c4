package dev.holdfast.mqtt.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * A table of the report: contenders, and what was measured of each.
 *
 * @param baseline the contender that ratios are to
 * @param compared the figures that a ratio is shown of; the first are drawn
 * @param others the figures that stand for themselves
 */
record Table(
        Section section,
        String title,
        String baseline,
        List<Figure> compared,
        List<Figure> others) {
    enum Section {
        PUBLISH("Publishing", 1),
        RECEIVE("Receiving", 1),
        LATENCY("Latency of single messages", 2),
        STORED("Latency of stored()", 0),
        MOSQUITTO("With Mosquitto", 1),
        BACKLOG("Offline backlog", 0),
        IDLE("Many idle clients", 0),
        FOOTPRINT("Footprint and start", 0);

        final String title;

        /** How many ratios of each of its tables are drawn. */
        final int drawn;

        Section(String title, int drawn) {
            this.title = title;
            this.drawn = drawn;
        }

        /** Whether its tables are of works, which are not done in the order of their QoS. */
        boolean isOfWorks() {
            return drawn > 0;
        }

        String chart() {
            return name().toLowerCase(Locale.ROOT) + ".svg";
        }
    }

    String fullTitle() {
        return section.title + ": " + title;
    }
}

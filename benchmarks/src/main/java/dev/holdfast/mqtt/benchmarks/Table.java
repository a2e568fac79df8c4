package dev.holdfast.mqtt.benchmarks;

import java.util.List;
import java.util.Locale;

/**
 * A table of the report: contenders, and what was measured of each.
 *
 * @param baseline the contender that ratios are to
 * @param compared the figures that a ratio is shown of; the first is drawn
 * @param others the figures that stand for themselves
 */
record Table(
        Section section,
        String title,
        String baseline,
        List<Figure> compared,
        List<Figure> others) {
    enum Section {
        PUBLISH("Publishing", true),
        RECEIVE("Receiving", true),
        LATENCY("Latency of single messages", true),
        STORED("Latency of stored()", false),
        MOSQUITTO("With Mosquitto", true),
        BACKLOG("Offline backlog", false),
        IDLE("Many idle clients", false),
        FOOTPRINT("Footprint and start", false);

        final String title;

        /** Whether the first ratio of its tables is drawn. */
        final boolean drawn;

        Section(String title, boolean drawn) {
            this.title = title;
            this.drawn = drawn;
        }

        String chart() {
            return name().toLowerCase(Locale.ROOT) + ".svg";
        }
    }

    String fullTitle() {
        return section.title + ": " + title;
    }
}

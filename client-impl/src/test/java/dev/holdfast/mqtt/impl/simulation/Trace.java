package dev.holdfast.mqtt.impl.simulation;

import java.util.ArrayList;
import java.util.List;

/**
 * What happened, one line each. Most runs keep no words, only a fingerprint: a run that fails is
 * run again with words, since the same seed does the same.
 */
final class Trace {
    private final Agenda agenda;
    private final boolean keepsWords;
    private final List<String> lines = new ArrayList<>();
    private long fingerprint;
    private int length;

    Trace(Agenda agenda, boolean keepsWords) {
        this.agenda = agenda;
        this.keepsWords = keepsWords;
    }

    /**
     * @param what texts, and whatever {@link Words} has words for
     */
    void say(String who, Object... what) {
        length++;
        fingerprint = 31 * (31 * fingerprint + agenda.now()) + who.hashCode() + what.length;
        if (keepsWords) {
            StringBuilder line = new StringBuilder();
            line.append(String.format("%8d  %-10s ", agenda.now(), who));
            for (Object part : what) {
                line.append(Words.of(part));
            }
            lines.add(line.toString());
        }
    }

    /** Over when who did something, whether words are kept or not. */
    long fingerprint() {
        return fingerprint;
    }

    int length() {
        return length;
    }

    String text() {
        return String.join("\n", lines);
    }

    String tail(int most) {
        int from = Math.max(0, lines.size() - most);
        String omitted = from == 0 ? "" : "… " + from + " lines before these\n";
        return omitted + String.join("\n", lines.subList(from, lines.size()));
    }
}

package dev.holdfast.mqtt.impl.simulation;

import java.util.ArrayDeque;

/** What happened, one line each; keeps the last ones, and a hash over all. */
final class Trace {
    private static final int TAIL = 150;

    private final Agenda agenda;
    private final int keep;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private long hash;
    private int length;

    Trace(Agenda agenda, boolean full) {
        this.agenda = agenda;
        this.keep = full ? Integer.MAX_VALUE : TAIL;
    }

    void say(String who, String what) {
        String line = agenda.now() + " " + who + " " + what;
        hash = hash * 1_000_003 + line.hashCode();
        length++;
        lines.add(line);
        if (lines.size() > keep) {
            lines.remove();
        }
    }

    long hash() {
        return hash;
    }

    int length() {
        return length;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (length > lines.size()) {
            text.append("… ").append(length - lines.size()).append(" lines before these\n");
        }
        for (String line : lines) {
            int time = line.indexOf(' ');
            int who = line.indexOf(' ', time + 1);
            text.append(
                    String.format(
                            "%8s  %-10s %s%n",
                            line.substring(0, time),
                            line.substring(time + 1, who),
                            line.substring(who + 1)));
        }
        return text.toString();
    }
}

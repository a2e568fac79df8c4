package dev.holdfast.mqtt.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final Table PUBLISH = PeerTables.of(new Work(Work.Kind.PUBLISH, 1, 256, 20));
    private static final Table WIDER = PeerTables.of(new Work(Work.Kind.PUBLISH, 1, 256, 4_096));

    @TempDir Path folder;

    private static Results results() {
        Results results = new Results();
        // The machine is nine times as fast in the first round, and half as fast in the third.
        for (double rate : new double[] {1_350, 150, 75}) {
            results.add(1, PUBLISH, Peer.Kind.HOLDFAST_MEMORY.title, sample(rate));
        }
        for (double rate : new double[] {900, 100, 50}) {
            results.add(1, PUBLISH, Peer.Kind.HIVEMQ.title, sample(rate));
        }
        results.add(1, WIDER, Peer.Kind.HOLDFAST_MEMORY.title, sample(110));
        results.add(1, WIDER, Peer.Kind.HIVEMQ.title, sample(100));
        return results;
    }

    private static Sample sample(double rate) {
        return new Sample()
                .with(Figure.MESSAGES_PER_SECOND, rate)
                .with(Figure.CPU_MICROS, 1e6 / rate);
    }

    @Test
    void ratiosComeFirst() {
        String text = Report.text(results());
        assertTrue(text.contains("× msg/s"), text);
        String own =
                text.lines()
                        .filter(l -> l.contains(Peer.Kind.HOLDFAST_MEMORY.title))
                        .findFirst()
                        .orElseThrow();
        assertTrue(own.matches(" *Holdfast, memory +1[.]50 +0[.]67 +150 .* 3"), own);
    }

    @Test
    void ratioIsThatOfTheSameTurn() {
        Results results = new Results();
        for (int round = 1; round <= 3; round++) {
            double speed = Math.pow(10, round);
            results.add(round, PUBLISH, "own", sample(2 * speed));
            if (round != 2) { // it failed there
                results.add(round, PUBLISH, Peer.Kind.HIVEMQ.title, sample(speed));
            }
        }
        double ratio = results.ratio(PUBLISH, "own", Figure.MESSAGES_PER_SECOND).orElse(Double.NaN);
        assertEquals(2, ratio, 1e-9);
        assertTrue(results.ratio(WIDER, "own", Figure.MESSAGES_PER_SECOND).isEmpty());
    }

    @Test
    void medianOfAnEvenNumberIsBetweenTheTwoInTheMiddle() {
        Results results = new Results();
        for (double rate : new double[] {1, 100, 4, 2}) {
            results.add(1, PUBLISH, "own", sample(rate));
        }
        double median =
                results.median(PUBLISH, "own", Figure.MESSAGES_PER_SECOND).orElse(Double.NaN);
        assertEquals(3, median, 1e-9);
    }

    @Test
    void targetIsMissedWhereItIsWorst() {
        Targets.Row rate =
                Targets.rows(results()).stream()
                        .filter(r -> r.what().equals("in memory, rate, Publish, QoS 1"))
                        .findFirst()
                        .orElseThrow();
        assertEquals(1.1, rate.measured(), 1e-9);
        assertEquals(WIDER.title(), rate.where());
        assertFalse(rate.met());
    }

    @Test
    void chartsAreWellFormed() throws Exception {
        String chart = Chart.draw(results(), Table.Section.PUBLISH);
        var root =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(chart.getBytes(StandardCharsets.UTF_8)))
                        .getDocumentElement();
        // The background, the legend of two, and a bar for each contender of each table.
        assertEquals(1 + 2 + 4, root.getElementsByTagName("rect").getLength());
    }

    @Test
    void headThatIsWrittenByHandStays() throws Exception {
        Path page = folder.resolve("benchmarks.md");
        String head =
                "# Benchmarks\n\nRead me.\n\n"
                        + "<!-- What follows is written by benchmarks/run full. -->\n";
        Files.writeString(page, head + "\nOld figures.\n");
        Pages pages = new Pages(folder.resolve("results"), folder, "full");
        pages.write(results());
        String written = Files.readString(page);
        assertTrue(written.startsWith(head), written);
        assertFalse(written.contains("Old figures"), written);
        assertTrue(written.contains("| Holdfast, memory | 1.50 |"), written);
        assertTrue(Files.exists(folder.resolve("benchmarks/publish.svg")));
        Files.writeString(page, "Something else");
        assertThrows(IOException.class, () -> pages.write(results()));
        assertEquals("Something else", Files.readString(page));
    }

    @Test
    void sampleIsOneLineThatCanBeReadBack() throws Exception {
        Sample sample = sample(123.25).with(Figure.SERVER_SHARE, 1e-7);
        assertEquals(sample.toString(), Sample.parse(sample.toString()).toString());
        assertThrows(IllegalArgumentException.class, () -> Sample.parse("Killed"));
        Pages pages = new Pages(folder, null, "short");
        try (Writer log = pages.samples()) {
            pages.log(log, 2, PUBLISH, "someone", sample);
            pages.log(log, 3, PUBLISH, "someone", sample);
        }
        List<String> lines = Files.readAllLines(folder.resolve("samples.jsonl"));
        assertEquals(2, lines.size());
        assertEquals(sample.toString(), Sample.parse(lines.get(0)).toString());
    }

    @Test
    void plansNameEachExperimentOnce() {
        Server nowhere = new Nowhere();
        for (List<Plan.Part> plan :
                List.of(
                        Plan.few(nowhere, nowhere, List.of()),
                        Plan.all(nowhere, nowhere, List.of()))) {
            Set<String> titles = new HashSet<>();
            for (Plan.Part part : plan) {
                assertTrue(titles.add(part.experiment().title()), part.experiment().title());
            }
        }
        int complete = Plan.all(nowhere, nowhere, List.of()).size();
        assertTrue(Plan.all(nowhere, null, List.of()).size() < complete);
    }

    @Test
    void wordsChooseWorksOfAJvm() {
        Server nowhere = new Nowhere();
        List<String> words = List.of("publishing", "window 20", "qos 1", "holdfast, memory");
        List<Plan.Part> chosen = Plan.all(nowhere, nowhere, words);
        assertEquals(1, chosen.size());
        PeerExperiment experiment = (PeerExperiment) chosen.get(0).experiment();
        assertEquals(
                List.of("Publish, QoS 1, 256 B, window 20", "Publish, QoS 1, 4096 B, window 20"),
                experiment.tasks().stream().map(t -> t.table().title()).toList());
        assertTrue(
                experiment.tasks().stream()
                        .allMatch(t -> t.peers().equals(List.of(Peer.Kind.HOLDFAST_MEMORY))));
        assertTrue(Plan.all(nowhere, nowhere, List.of("QoS 3")).isEmpty());
    }

    @Test
    void completePlanTakesAboutAnHour() {
        Server nowhere = new Nowhere();
        double seconds =
                Plan.all(nowhere, nowhere, List.of()).stream()
                        .mapToDouble(p -> p.rounds() * p.experiment().expectedSeconds())
                        .sum();

        assertTrue(seconds < 65 * 60, seconds + " s");
    }

    private static final class Nowhere implements Server {
        @Override
        public int port() {
            return 1;
        }

        @Override
        public long cpuNanos() {
            return 0;
        }

        @Override
        public void close() {}
    }
}

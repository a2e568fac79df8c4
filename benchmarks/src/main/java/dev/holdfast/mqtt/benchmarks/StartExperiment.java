package dev.holdfast.mqtt.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** From nothing to a connection, with no other jars than the client needs. */
record StartExperiment(Peer.Kind peer, int port) implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final double MIB = 1 << 20;

    static final Table TABLE =
            new Table(
                    Table.Section.FOOTPRINT,
                    "A JVM that connects once",
                    Peer.Kind.HIVEMQ.title,
                    List.of(Figure.CONNECTED_MILLIS, Figure.JARS_MIB),
                    List.of(Figure.THREADS, Figure.HEAP_MIB));

    private static final String NETTY =
            "netty-(common|buffer|transport|transport-native-unix-common|resolver|codec-base|handler)";

    private static final String HOLDFAST = "holdfast-client-(api|impl)|slf4j-api|jspecify|" + NETTY;

    /** The names of the jars, without version; a client that lacks one does not start. */
    private static final Map<Peer.Kind, String> JARS =
            Map.of(
                    Peer.Kind.HOLDFAST_MEMORY,
                    HOLDFAST,
                    Peer.Kind.HOLDFAST_PROCESS_CRASH,
                    HOLDFAST + "|holdfast-client-persistence-h2|h2",
                    Peer.Kind.HIVEMQ,
                    "hivemq-mqtt-client|rxjava|reactive-streams|annotations|jctools-core|dagger|"
                            + "javax.inject|slf4j-api|netty-codec|"
                            + "netty-codec-(compression|protobuf|marshalling)|"
                            + NETTY);

    static List<Peer.Kind> peers() {
        return Stream.of(Peer.Kind.values()).filter(JARS::containsKey).toList();
    }

    @Override
    public String title() {
        return TABLE.fullTitle() + ": " + peer.title;
    }

    @Override
    public double expectedSeconds() {
        return 1;
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        List<Path> jars = jars();
        String classPath =
                Stream.concat(Stream.of(ownClasses()), jars.stream())
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
        Sample sample =
                Processes.sample(
                        ColdStart.class,
                        List.of("-cp", classPath),
                        List.of(peer.name(), String.valueOf(port), folder.toString()),
                        LONGEST);
        samples.add(TABLE, peer.title, sample.with(Figure.JARS_MIB, size(jars) / MIB));
    }

    private List<Path> jars() {
        Pattern wanted = Pattern.compile("(" + JARS.get(peer) + ")-[0-9].*[.]jar");
        List<Path> jars =
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                        .map(Path::of)
                        .filter(p -> wanted.matcher(String.valueOf(p.getFileName())).matches())
                        .toList();
        if (jars.isEmpty()) {
            throw new IllegalStateException("The jars are not on the class path of this process");
        }
        return jars;
    }

    private static Path ownClasses() throws Exception {
        return Path.of(
                StartExperiment.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static double size(List<Path> jars) throws IOException {
        double bytes = 0;
        for (Path jar : jars) {
            bytes += Files.size(jar);
        }
        return bytes;
    }
}

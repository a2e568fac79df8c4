package dev.holdfast.mqtt.benchmarks;

import java.nio.file.Path;

/** Connects once; prints one {@link Sample}. */
public final class ColdStart {
    private ColdStart() {}

    /** Arguments: kind of peer, port, folder. */
    public static void main(String[] args) throws Exception {
        Peer peer =
                Peer.Kind.valueOf(args[0])
                        .create(
                                "cold-" + ProcessHandle.current().pid(),
                                Integer.parseInt(args[1]),
                                Path.of(args[2]));
        peer.connect();
        Sample sample = new Sample().with(Figure.CONNECTED_MILLIS, Usage.millisSinceStart());
        sample.with(Figure.THREADS, Usage.threads())
                .with(Figure.HEAP_MIB, HeapAfterCollections.liveMib());
        System.out.println(sample);
        System.exit(0);
    }
}

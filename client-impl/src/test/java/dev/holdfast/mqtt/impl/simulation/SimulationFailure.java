package dev.holdfast.mqtt.impl.simulation;

/** Something happened that must not happen. */
final class SimulationFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimulationFailure(String what) {
        super(what);
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new SimulationFailure(otherwise);
        }
    }
}

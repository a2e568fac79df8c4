package dev.holdfast.mqtt.impl.simulation;

/** Something happened that must not happen. */
final class SimulationFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimulationFailure(String what) {
        super(what);
    }

    /**
     * @param otherwise parts of a text, put together only if it does not hold
     */
    static void require(boolean holds, Object... otherwise) {
        if (!holds) {
            StringBuilder text = new StringBuilder();
            for (Object part : otherwise) {
                text.append(part);
            }
            throw new SimulationFailure(text.toString());
        }
    }
}

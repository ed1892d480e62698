package dev.sayiir.postgres;

import dev.sayiir.persistence.PastVersion;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.Repairs;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.postgres.RepairRepository.Counting;
import dev.sayiir.postgres.RepairRepository.Version;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;

/** Lets instances go on from earlier versions, each time with the instance's row locked first. */
final class RepairService {

    private final InstanceLock lock;
    private final RepairRepository repairs;
    private final EventRepository events;
    private final SnapshotLoader loader;
    private final SnapshotSaver saver;

    RepairService(
            InstanceLock lock,
            RepairRepository repairs,
            EventRepository events,
            SnapshotLoader loader,
            SnapshotSaver saver) {
        this.lock = lock;
        this.repairs = repairs;
        this.events = events;
        this.loader = loader;
        this.saver = saver;
    }

    /**
     * One more checkpoint, with the control state of an earlier one, and with those results that are not the same as now. All
     * checks come first.
     */
    WorkflowSnapshot redrive(String instanceId, RedriveRequest redrive, SignalRequest asked) {
        return lock.ifStored(instanceId, stored -> {
                    Repairs.requireAllowed(instanceId, stored.status(), redrive, repairs.lockPlaces(instanceId));
                    PastVersion past = versionFor(instanceId, redrive);
                    WorkflowSnapshot goingOn = Repairs.redriven(past, redrive, stored.now());
                    Counting counting = repairs.counting(instanceId);
                    SnapshotSaver.Prepared prepared = saver.prepareRedrive(
                            goingOn,
                            stored,
                            past.changesTo(goingOn, counting.baseVersion(), counting.resultVersions()));
                    repairs.leavePlaces(instanceId);
                    WorkflowSnapshot redriven = prepared.save();
                    events.report(instanceId, Kind.REDRIVEN, Optional.empty(), asked);
                    return redriven;
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    WorkflowSnapshot fork(String instanceId, long version, String newInstanceId, SignalRequest asked) {
        return lock.ifStored(instanceId, stored -> {
                    WorkflowSnapshot first =
                            Repairs.forked(atVersion(instanceId, version), newInstanceId, stored.now());
                    WorkflowSnapshot forked = saver.create(first, Write.first());
                    events.report(instanceId, Kind.FORKED_TO, Optional.of(newInstanceId), asked);
                    events.report(newInstanceId, Kind.FORKED_FROM, Optional.of(instanceId), asked);
                    return forked;
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    private PastVersion versionFor(String instanceId, RedriveRequest redrive) {
        if (redrive.version().isPresent()) {
            return atVersion(instanceId, redrive.version().getAsLong());
        }
        return repairs.lastUnfinished(instanceId, Long.MAX_VALUE, redrive.taskId())
                .map(last -> load(instanceId, last))
                .orElseThrow(() -> Repairs.nowhere(instanceId, redrive));
    }

    private PastVersion atVersion(String instanceId, long version) {
        Optional<Version> last = repairs.lastUnfinished(instanceId, version, Optional.empty());
        if (last.filter(it -> it.number() == version).isEmpty()) {
            loader.atVersion(instanceId, version); // which is there, or says that it is not
            throw Repairs.ended(instanceId, version, last.map(Version::number));
        }
        return load(instanceId, last.get());
    }

    private PastVersion load(String instanceId, Version version) {
        SnapshotLoader.Past past = loader.past(instanceId, version.number());
        return new PastVersion(past.snapshot(), version.savedAt(), past.resultVersions(), past.nextInBranches());
    }
}

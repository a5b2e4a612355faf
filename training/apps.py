from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "training"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what the registry tells."""
        from models_app.promoting import alias_moving
        from training.services.gates import gate_hold

        alias_moving.connect(gate_hold, dispatch_uid="training.gates")

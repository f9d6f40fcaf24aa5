# cython: language_level=3
"""Where the fields of kvnode.api.firmware lie. deploy/setup/layouts.py writes this; change the types."""

from kvnode._fast.layout cimport Field, kvnode_lies_so


cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *use_serial_; } kvnode_api_firmware_BIOS;
    static const kvnode_field kvnode_api_firmware_BIOS_fields[] = { AT(kvnode_api_firmware_BIOS, use_serial), {0} };
    static const Py_ssize_t kvnode_api_firmware_BIOS_size = sizeof(kvnode_api_firmware_BIOS);
    """
    const Field *kvnode_api_firmware_BIOS_fields
    const Py_ssize_t kvnode_api_firmware_BIOS_size
    ctypedef class kvnode.api.firmware.BIOS [object kvnode_api_firmware_BIOS, check_size ignore]:
        cdef object use_serial "use_serial_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *persistent_, *secure_boot_; } kvnode_api_firmware_EFI;
    static const kvnode_field kvnode_api_firmware_EFI_fields[] = { AT(kvnode_api_firmware_EFI, persistent),
        AT(kvnode_api_firmware_EFI, secure_boot), {0} };
    static const Py_ssize_t kvnode_api_firmware_EFI_size = sizeof(kvnode_api_firmware_EFI);
    """
    const Field *kvnode_api_firmware_EFI_fields
    const Py_ssize_t kvnode_api_firmware_EFI_size
    ctypedef class kvnode.api.firmware.EFI [object kvnode_api_firmware_EFI, check_size ignore]:
        cdef object persistent "persistent_"
        cdef object secure_boot "secure_boot_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *bios_, *efi_; } kvnode_api_firmware_Bootloader;
    static const kvnode_field kvnode_api_firmware_Bootloader_fields[] = { AT(kvnode_api_firmware_Bootloader, bios),
        AT(kvnode_api_firmware_Bootloader, efi), {0} };
    static const Py_ssize_t kvnode_api_firmware_Bootloader_size = sizeof(kvnode_api_firmware_Bootloader);
    """
    const Field *kvnode_api_firmware_Bootloader_fields
    const Py_ssize_t kvnode_api_firmware_Bootloader_size
    ctypedef class kvnode.api.firmware.Bootloader [object kvnode_api_firmware_Bootloader, check_size ignore]:
        cdef object bios_ "bios_"
        cdef object efi_ "efi_"
        @property
        cdef inline BIOS bios(self):
            return self.bios_
        @property
        cdef inline EFI efi(self):
            return self.efi_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *image_, *image_pull_policy_, *image_pull_secret_, *initrd_path_,
        *kernel_path_; } kvnode_api_firmware_KernelBootContainer;
    static const kvnode_field kvnode_api_firmware_KernelBootContainer_fields[] = {
        AT(kvnode_api_firmware_KernelBootContainer, image), AT(kvnode_api_firmware_KernelBootContainer,
        image_pull_policy), AT(kvnode_api_firmware_KernelBootContainer, image_pull_secret),
        AT(kvnode_api_firmware_KernelBootContainer, initrd_path), AT(kvnode_api_firmware_KernelBootContainer,
        kernel_path), {0} };
    static const Py_ssize_t kvnode_api_firmware_KernelBootContainer_size = sizeof(kvnode_api_firmware_KernelBootContainer);
    """
    const Field *kvnode_api_firmware_KernelBootContainer_fields
    const Py_ssize_t kvnode_api_firmware_KernelBootContainer_size
    ctypedef class kvnode.api.firmware.KernelBootContainer [object kvnode_api_firmware_KernelBootContainer, check_size ignore]:
        cdef object image "image_"
        cdef object image_pull_policy "image_pull_policy_"
        cdef object image_pull_secret "image_pull_secret_"
        cdef object initrd_path "initrd_path_"
        cdef object kernel_path "kernel_path_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *container_, *kernel_args_; } kvnode_api_firmware_KernelBoot;
    static const kvnode_field kvnode_api_firmware_KernelBoot_fields[] = { AT(kvnode_api_firmware_KernelBoot,
        container), AT(kvnode_api_firmware_KernelBoot, kernel_args), {0} };
    static const Py_ssize_t kvnode_api_firmware_KernelBoot_size = sizeof(kvnode_api_firmware_KernelBoot);
    """
    const Field *kvnode_api_firmware_KernelBoot_fields
    const Py_ssize_t kvnode_api_firmware_KernelBoot_size
    ctypedef class kvnode.api.firmware.KernelBoot [object kvnode_api_firmware_KernelBoot, check_size ignore]:
        cdef object container_ "container_"
        cdef object kernel_args "kernel_args_"
        @property
        cdef inline KernelBootContainer container(self):
            return self.container_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *msdm_name_ref_, *slic_name_ref_; } kvnode_api_firmware_ACPI;
    static const kvnode_field kvnode_api_firmware_ACPI_fields[] = { AT(kvnode_api_firmware_ACPI, msdm_name_ref),
        AT(kvnode_api_firmware_ACPI, slic_name_ref), {0} };
    static const Py_ssize_t kvnode_api_firmware_ACPI_size = sizeof(kvnode_api_firmware_ACPI);
    """
    const Field *kvnode_api_firmware_ACPI_fields
    const Py_ssize_t kvnode_api_firmware_ACPI_size
    ctypedef class kvnode.api.firmware.ACPI [object kvnode_api_firmware_ACPI, check_size ignore]:
        cdef object msdm_name_ref "msdm_name_ref_"
        cdef object slic_name_ref "slic_name_ref_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *acpi_, *bootloader_, *kernel_boot_, *serial_, *uuid_; }
        kvnode_api_firmware_Firmware;
    static const kvnode_field kvnode_api_firmware_Firmware_fields[] = { AT(kvnode_api_firmware_Firmware, acpi),
        AT(kvnode_api_firmware_Firmware, bootloader), AT(kvnode_api_firmware_Firmware, kernel_boot),
        AT(kvnode_api_firmware_Firmware, serial), AT(kvnode_api_firmware_Firmware, uuid), {0} };
    static const Py_ssize_t kvnode_api_firmware_Firmware_size = sizeof(kvnode_api_firmware_Firmware);
    """
    const Field *kvnode_api_firmware_Firmware_fields
    const Py_ssize_t kvnode_api_firmware_Firmware_size
    ctypedef class kvnode.api.firmware.Firmware [object kvnode_api_firmware_Firmware, check_size ignore]:
        cdef object acpi_ "acpi_"
        cdef object bootloader_ "bootloader_"
        cdef object kernel_boot_ "kernel_boot_"
        cdef object serial "serial_"
        cdef object uuid "uuid_"
        @property
        cdef inline ACPI acpi(self):
            return self.acpi_
        @property
        cdef inline Bootloader bootloader(self):
            return self.bootloader_
        @property
        cdef inline KernelBoot kernel_boot(self):
            return self.kernel_boot_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *asset_, *manufacturer_, *serial_, *sku_, *version_; }
        kvnode_api_firmware_Chassis;
    static const kvnode_field kvnode_api_firmware_Chassis_fields[] = { AT(kvnode_api_firmware_Chassis, asset),
        AT(kvnode_api_firmware_Chassis, manufacturer), AT(kvnode_api_firmware_Chassis, serial),
        AT(kvnode_api_firmware_Chassis, sku), AT(kvnode_api_firmware_Chassis, version), {0} };
    static const Py_ssize_t kvnode_api_firmware_Chassis_size = sizeof(kvnode_api_firmware_Chassis);
    """
    const Field *kvnode_api_firmware_Chassis_fields
    const Py_ssize_t kvnode_api_firmware_Chassis_size
    ctypedef class kvnode.api.firmware.Chassis [object kvnode_api_firmware_Chassis, check_size ignore]:
        cdef object asset "asset_"
        cdef object manufacturer "manufacturer_"
        cdef object serial "serial_"
        cdef object sku "sku_"
        cdef object version "version_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *type_; } kvnode_api_firmware_Machine;
    static const kvnode_field kvnode_api_firmware_Machine_fields[] = { AT(kvnode_api_firmware_Machine, type), {0} };
    static const Py_ssize_t kvnode_api_firmware_Machine_size = sizeof(kvnode_api_firmware_Machine);
    """
    const Field *kvnode_api_firmware_Machine_fields
    const Py_ssize_t kvnode_api_firmware_Machine_size
    ctypedef class kvnode.api.firmware.Machine [object kvnode_api_firmware_Machine, check_size ignore]:
        cdef object type "type_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *encrypted_state_; } kvnode_api_firmware_SEVPolicy;
    static const kvnode_field kvnode_api_firmware_SEVPolicy_fields[] = { AT(kvnode_api_firmware_SEVPolicy,
        encrypted_state), {0} };
    static const Py_ssize_t kvnode_api_firmware_SEVPolicy_size = sizeof(kvnode_api_firmware_SEVPolicy);
    """
    const Field *kvnode_api_firmware_SEVPolicy_fields
    const Py_ssize_t kvnode_api_firmware_SEVPolicy_size
    ctypedef class kvnode.api.firmware.SEVPolicy [object kvnode_api_firmware_SEVPolicy, check_size ignore]:
        cdef object encrypted_state "encrypted_state_"

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *attestation_, *dh_cert_, *policy_, *session_; }
        kvnode_api_firmware_SEV;
    static const kvnode_field kvnode_api_firmware_SEV_fields[] = { AT(kvnode_api_firmware_SEV, attestation),
        AT(kvnode_api_firmware_SEV, dh_cert), AT(kvnode_api_firmware_SEV, policy), AT(kvnode_api_firmware_SEV,
        session), {0} };
    static const Py_ssize_t kvnode_api_firmware_SEV_size = sizeof(kvnode_api_firmware_SEV);
    """
    const Field *kvnode_api_firmware_SEV_fields
    const Py_ssize_t kvnode_api_firmware_SEV_size
    ctypedef class kvnode.api.firmware.SEV [object kvnode_api_firmware_SEV, check_size ignore]:
        cdef object policy_ "policy_"
        cdef object attestation "attestation_"
        cdef object dh_cert "dh_cert_"
        cdef object session "session_"
        @property
        cdef inline SEVPolicy policy(self):
            return self.policy_

cdef extern from *:
    """
    typedef struct { PyObject_HEAD PyObject *sev_, *snp_, *tdx_; } kvnode_api_firmware_LaunchSecurity;
    static const kvnode_field kvnode_api_firmware_LaunchSecurity_fields[] = { AT(kvnode_api_firmware_LaunchSecurity,
        sev), AT(kvnode_api_firmware_LaunchSecurity, snp), AT(kvnode_api_firmware_LaunchSecurity, tdx), {0} };
    static const Py_ssize_t kvnode_api_firmware_LaunchSecurity_size = sizeof(kvnode_api_firmware_LaunchSecurity);
    """
    const Field *kvnode_api_firmware_LaunchSecurity_fields
    const Py_ssize_t kvnode_api_firmware_LaunchSecurity_size
    ctypedef class kvnode.api.firmware.LaunchSecurity [object kvnode_api_firmware_LaunchSecurity, check_size ignore]:
        cdef object sev_ "sev_"
        cdef object snp "snp_"
        cdef object tdx "tdx_"
        @property
        cdef inline SEV sev(self):
            return self.sev_


cdef inline int check_api_firmware() except -1:
    """Raise ImportError where it isn't so."""
    kvnode_lies_so(BIOS, kvnode_api_firmware_BIOS_fields, kvnode_api_firmware_BIOS_size)
    kvnode_lies_so(EFI, kvnode_api_firmware_EFI_fields, kvnode_api_firmware_EFI_size)
    kvnode_lies_so(Bootloader, kvnode_api_firmware_Bootloader_fields, kvnode_api_firmware_Bootloader_size)
    kvnode_lies_so(KernelBootContainer, kvnode_api_firmware_KernelBootContainer_fields, kvnode_api_firmware_KernelBootContainer_size)
    kvnode_lies_so(KernelBoot, kvnode_api_firmware_KernelBoot_fields, kvnode_api_firmware_KernelBoot_size)
    kvnode_lies_so(ACPI, kvnode_api_firmware_ACPI_fields, kvnode_api_firmware_ACPI_size)
    kvnode_lies_so(Firmware, kvnode_api_firmware_Firmware_fields, kvnode_api_firmware_Firmware_size)
    kvnode_lies_so(Chassis, kvnode_api_firmware_Chassis_fields, kvnode_api_firmware_Chassis_size)
    kvnode_lies_so(Machine, kvnode_api_firmware_Machine_fields, kvnode_api_firmware_Machine_size)
    kvnode_lies_so(SEVPolicy, kvnode_api_firmware_SEVPolicy_fields, kvnode_api_firmware_SEVPolicy_size)
    kvnode_lies_so(SEV, kvnode_api_firmware_SEV_fields, kvnode_api_firmware_SEV_size)
    kvnode_lies_so(LaunchSecurity, kvnode_api_firmware_LaunchSecurity_fields, kvnode_api_firmware_LaunchSecurity_size)
    return 0

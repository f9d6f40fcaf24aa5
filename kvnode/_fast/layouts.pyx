# cython: language_level=3
"""That every Struct lies as it did when compiled code was made to read it: asked when this is imported, or ImportError.

Whatever is compiled and reads Structs imports this before it reads. deploy/setup/layouts.py writes it.
"""

from kvnode._fast.layout_api_cpu_memory cimport check_api_cpu_memory
from kvnode._fast.layout_api_devices cimport check_api_devices
from kvnode._fast.layout_api_disks cimport check_api_disks
from kvnode._fast.layout_api_features cimport check_api_features
from kvnode._fast.layout_api_firmware cimport check_api_firmware
from kvnode._fast.layout_api_instance cimport check_api_instance
from kvnode._fast.layout_api_meta cimport check_api_meta
from kvnode._fast.layout_api_network cimport check_api_network
from kvnode._fast.layout_api_status cimport check_api_status
from kvnode._fast.layout_api_volumes cimport check_api_volumes
from kvnode._fast.layout_facts_host cimport check_facts_host
from kvnode._fast.layout_planning_device_plans cimport check_planning_device_plans
from kvnode._fast.layout_planning_disk_files cimport check_planning_disk_files
from kvnode._fast.layout_planning_domain_plan cimport check_planning_domain_plan
from kvnode._fast.layout_planning_intermediate cimport check_planning_intermediate
from kvnode._fast.layout_planning_ipv4_address cimport check_planning_ipv4_address
from kvnode._fast.layout_planning_network_plans cimport check_planning_network_plans


check_api_cpu_memory()
check_api_devices()
check_api_disks()
check_api_features()
check_api_firmware()
check_api_instance()
check_api_meta()
check_api_network()
check_api_status()
check_api_volumes()
check_facts_host()
check_planning_device_plans()
check_planning_disk_files()
check_planning_domain_plan()
check_planning_intermediate()
check_planning_ipv4_address()
check_planning_network_plans()
